-- Inserts or updates the sales $1 to $2 that no other transaction is writing. $3 says the values, among them the newest customer and
-- product of the first so many; $4 is the minute of last_updated, and without it an update leaves last_updated alone.
with free as materialized (
    select key from generate_series($1::int, $2::int) as key where pg_try_advisory_xact_lock(3, key)
)
insert into sale (sale_id, customer_id, product_id, units, last_updated)
select
    key,
    (select max(customer_id) from customer where customer_id <= 1 + 3 * $3::int),
    (select max(product_id) from product where product_id <= 1 + $3),
    $3,
    timestamp '2026-11-20 08:00:00' + coalesce($4::int, 0) * interval '1 minute'
from free
on conflict (sale_id) do update
set
    customer_id = excluded.customer_id,
    product_id = excluded.product_id,
    units = excluded.units,
    last_updated = case when $4 is null then sale.last_updated else excluded.last_updated end
