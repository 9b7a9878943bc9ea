-- Whether a login may create in the database and in its schema public, and hand that on: the migrations do.
select has_database_privilege($1::text, current_database(), 'create with grant option')
   and has_database_privilege($1::text, current_database(), 'temporary with grant option')
   and has_schema_privilege($1::text, 'public', 'usage with grant option')
   and has_schema_privilege($1::text, 'public', 'create with grant option') as found;
