-- Inserts or updates the customers $1 to $2 that no other transaction is writing. $3 says the values; from 3 on there is none.
with free as materialized (
    select key from generate_series($1::int, $2::int) as key where pg_try_advisory_xact_lock(2, key)
)
insert into customer (customer_id, name)
select key, case when $3::int < 3 then 'customer ' || $3 end from free
on conflict (customer_id) do update set name = excluded.name
