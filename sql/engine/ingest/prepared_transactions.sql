-- Whether a transaction is prepared: it has no session any more, and nobody knows when it began.
-- To be asked after the open ones: one that is prepared in between is then seen by both.
select exists (select from pg_catalog.pg_prepared_xacts) as is_prepared;
