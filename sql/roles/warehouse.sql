-- The two logins of a warehouse: one that migrates it, by hand or on deployment, and one that publishes runs into it. Neither owns the
-- database, and neither may make roles. Run once in the empty database, by its owner, who may make roles; a second time changes nothing:
--
--   psql "$WAREHOUSE" -v migrator=starlift_migrate -v loader=starlift_load -f sql/roles/warehouse.sql
--   psql "$WAREHOUSE" -c '\password starlift_migrate' -c '\password starlift_load'        (or, for IAM: grant rds_iam to …)
--
-- What they may do they may as members of group roles, to which the migrations grant it table by table:
--   starlift_migrator  owns schemas, tables and functions
--   starlift_loader    inserts rows and updates dimensions; deletes, drops and alters nothing
--   starlift_reader    for BI tools and the command line: reads
\set ON_ERROR_STOP on

\ir group_roles.sql

select format('create role %I login', :'migrator') where to_regrole(quote_ident(:'migrator')) is null \gexec
select format('create role %I login', :'loader') where to_regrole(quote_ident(:'loader')) is null \gexec

grant starlift_migrator to :"migrator";
grant starlift_loader to :"loader";

-- The migrations hand these on to the group roles.
grant create, temporary on database :"DBNAME" to :"migrator" with grant option;
grant usage, create on schema public to :"migrator" with grant option;
