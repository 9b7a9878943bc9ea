-- Facts with foreign keys that wait for the last slice of a load to validate them.
select distinct to_regclass(fact)::oid as fact
  from etl.key_aside
 where to_regclass(fact) is not null;
