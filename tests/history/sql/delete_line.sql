-- Deletes the lines $1 to $2 that no other transaction is writing, numbered as in put_line.sql.
with free as materialized (
    select key from generate_series($1::int, $2::int) as key where pg_try_advisory_xact_lock(4, key)
)
delete from line using free where sale_id = key / 3 and line_no = chr(97 + key % 3)
