-- Facts with foreign keys that wait for the last slice of a load to validate them.
select distinct fact::regclass::oid as fact
  from etl.key_aside;
