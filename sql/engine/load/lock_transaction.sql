-- Takes the lock of this name until the transaction ends. The transaction's later statements see everything that was
-- committed under the lock before.
-- $1 the name
select pg_advisory_xact_lock(hashtextextended('starlift/' || $1::text, 0));
