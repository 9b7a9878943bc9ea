-- Deletes the sales $1 to $2 that no other transaction is writing.
with free as materialized (
    select key from generate_series($1::int, $2::int) as key where pg_try_advisory_xact_lock(3, key)
)
delete from sale using free where sale_id = key
