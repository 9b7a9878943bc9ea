-- The login by which ingest reads a source: it sees the tables of schema public, also those that are made later, and writes nothing.
-- Run once in the source's database, by the owner of its tables; a second time changes nothing:
--
--   psql "$SOURCE" -v login=starlift_ingest -f sql/roles/source.sql
--   psql "$SOURCE" -c '\password starlift_ingest'        (or, for IAM: grant rds_iam to starlift_ingest)
--
-- Tables of another schema need the last three statements with its name. On PostgreSQL 14, where everybody may make tables in schema public,
-- take that back: revoke create on schema public from public. Where row security is on, the login needs bypassrls, because a policy that
-- hides rows would make them look deleted.
\set ON_ERROR_STOP on

select format('create role %I login', :'login') where to_regrole(quote_ident(:'login')) is null \gexec

grant usage on schema public to :"login";
grant select on all tables in schema public to :"login";
-- What the one who runs this makes later.
alter default privileges in schema public grant select on tables to :"login";
