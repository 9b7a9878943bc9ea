-- The tables that a publication has changed since their last extract, with the number of the last publication.
select distinct run_table.table_name, (select max(number) from etl.run) as number
  from etl.run_table
  join etl.run on run.run = run_table.run
  left join etl.extract on extract.table_name = run_table.table_name
 where extract.number is null
    or run.number > extract.number
 order by run_table.table_name;
