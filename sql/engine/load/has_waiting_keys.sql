-- Whether a first load of a fact is under way: foreign keys wait for its last slice to validate them.
-- $1 the fact, quoted and with its schema
select exists (select from etl.key_aside where to_regclass(fact) = $1::text::regclass) as found;
