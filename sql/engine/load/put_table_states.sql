-- Notes how far each source table has been read.
-- $1 the run, $2 an object: the state of each table by its name
insert into etl.table_state (table_name, run, state)
select key, $1::text, value
  from jsonb_each($2::jsonb)
    on conflict (table_name) do update
   set run = excluded.run, state = excluded.state;
