-- How far each source table was read by the run published last, and where the source stood then. No row before the first publication.
select run.run,
       run.source::text as source,
       coalesce(jsonb_object_agg(state.table_name, state.state) filter (where state.run is not null), '{}')::text as states
  from (select run, source from etl.run order by number desc limit 1) as run
  left join etl.table_state as state on state.run = run.run
 group by run.run, run.source;
