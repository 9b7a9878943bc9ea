-- Notes what a publication did to one table.
-- $1 the run, $2 the table, $3 rows inserted, $4 updated, $5 closed, $6 the first record id, $7 the last
insert into etl.run_table (run, table_name, inserted, updated, closed, first_record_id, last_record_id)
values ($1, $2, $3, $4, $5, $6, $7);
