-- The tables that a publication has changed since their last extract, with the number of the last publication.
select run_table.table_name, max(run.number) as number
  from etl.run_table
  join etl.run on run.run = run_table.run
  left join etl.extract on extract.table_name = run_table.table_name
 where extract.number is null
    or run.number > extract.number
 group by run_table.table_name
 order by run_table.table_name;
