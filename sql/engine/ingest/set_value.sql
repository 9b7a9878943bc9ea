-- Hands a value to the copy statements of this transaction, which take no parameters.
-- $1 the name of the setting, $2 the value
select set_config($1, $2, true);
