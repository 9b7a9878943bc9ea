-- Notes an extract.
-- $1 the table, $2 the number of the publication it shows, $3 its rows, $4 its bytes
insert into etl.extract (table_name, number, rows, bytes, exported_at)
values ($1, $2, $3, $4, clock_timestamp())
    on conflict (table_name) do update
   set number = excluded.number,
       rows = excluded.rows,
       bytes = excluded.bytes,
       exported_at = excluded.exported_at;
