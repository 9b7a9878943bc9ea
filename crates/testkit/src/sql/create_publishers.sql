-- The statements that make the two logins of a warehouse, unless they are there: $1 owns the database and migrates it,
-- $2 publishes.
select format('create role %I login createrole', $1::text) where to_regrole(quote_ident($1::text)) is null
union all
select format('create role %I login', $2::text) where to_regrole(quote_ident($2::text)) is null
union all
select format('grant starlift_migrator to %I with admin option', $1::text)
union all
select format('grant starlift_loader to %I', $2::text)
union all
select format('alter database %I owner to %I', current_database(), $1::text)
