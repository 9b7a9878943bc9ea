-- Drops a fact's foreign keys, and its secondary indexes unless it holds many times the rows that come, until restore_keys.sql
-- declares them again.
-- $1 the fact, quoted and with its schema, $2 how many rows come
select etl.set_keys_aside($1::text::regclass, $2);
