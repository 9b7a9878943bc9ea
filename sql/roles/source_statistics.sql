-- Lets ingest's login see since when the transactions of other roles are open. Needed only for tables with a cursor and without an overlap
-- (see "Tables too big to scan" in docs/operations.md); it shows the login what other sessions run.
--
--   psql "$SOURCE" -v login=starlift_ingest -f sql/roles/source_statistics.sql
\set ON_ERROR_STOP on

grant pg_read_all_stats to :"login";
