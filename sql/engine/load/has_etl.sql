-- Whether there is a schema etl.
select to_regnamespace('etl') is not null as found;
