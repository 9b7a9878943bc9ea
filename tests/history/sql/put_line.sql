-- As put_sale.sql, for the lines $1 to $2 when every sale has three of them.
with free as materialized (
    select key from generate_series($1::int, $2::int) as key where pg_try_advisory_xact_lock(4, key)
)
insert into line (sale_id, line_no, product_id, quantity, last_updated)
select
    key / 3,
    chr(97 + key % 3),
    (select max(product_id) from product where product_id <= 1 + 2 * $3::int),
    $3,
    timestamp '2026-11-20 08:00:00' + coalesce($4::int, 0) * interval '1 minute'
from free
on conflict (sale_id, line_no) do update
set
    product_id = excluded.product_id,
    quantity = excluded.quantity,
    last_updated = case when $4 is null then line.last_updated else excluded.last_updated end
