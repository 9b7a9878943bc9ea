-- Gives the transaction's snapshot a name under which other connections can read the same state.
select pg_export_snapshot() as name;
