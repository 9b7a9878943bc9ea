-- Declares again what was set aside.
-- $1 the fact, quoted and with its schema, $2 whether its foreign keys are validated
select etl.restore_keys($1::text::regclass, $2);
