-- Writes a sale as an application does: last_updated is the time of the statement, and the row is seen when the transaction commits.
insert into sale (sale_id, customer_id, product_id, units, last_updated)
values ($1::int, 1, 1, $2::int, clock_timestamp() at time zone 'UTC')
on conflict (sale_id) do update set units = excluded.units, last_updated = excluded.last_updated
