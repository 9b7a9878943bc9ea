-- A login that reads a warehouse: for a BI tool, or for a person with the command line. Run in any database of the server, by the one who ran
-- warehouse.sql:
--
--   psql "$WAREHOUSE" -v login=reports -f sql/roles/warehouse_reader.sql
--   psql "$WAREHOUSE" -c '\password reports'
\set ON_ERROR_STOP on

select format('create role %I login', :'login') where to_regrole(quote_ident(:'login')) is null \gexec

grant starlift_reader to :"login";
