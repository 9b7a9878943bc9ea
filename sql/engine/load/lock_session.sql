-- Takes the lock of this name until the session ends. What two sessions must not do at the same time has one name.
-- $1 the name
select pg_advisory_lock(hashtextextended('starlift/' || $1::text, 0));
