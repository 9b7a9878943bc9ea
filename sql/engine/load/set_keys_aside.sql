-- Drops a fact's foreign keys, and the secondary indexes of an empty one, until restore_keys.sql declares them again.
-- $1 the fact, quoted and with its schema
select etl.set_keys_aside($1::text::regclass);
