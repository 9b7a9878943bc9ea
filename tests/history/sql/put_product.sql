-- Inserts or updates the products $1 to $2 that no other transaction is writing. $3 says the values; from 3 on there is none.
with free as materialized (
    select key from generate_series($1::int, $2::int) as key where pg_try_advisory_xact_lock(1, key)
)
insert into product (product_id, name)
select key, case when $3::int < 3 then 'product ' || $3 end from free
on conflict (product_id) do update set name = excluded.name
