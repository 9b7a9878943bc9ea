-- The statements that make a login which reads every table of a source, unless it is there.
select format('create role %I login', $1::text) where to_regrole(quote_ident($1::text)) is null
union all
select format('grant pg_read_all_data to %I', $1::text)
