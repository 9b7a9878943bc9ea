-- The three group roles of a warehouse. Logins are made members of them where the warehouse is set up:
--   starlift_migrator  owns schemas, tables and functions; whoever migrates is a member
--   starlift_loader    publishes: writes rows, owns nothing
--   starlift_reader    BI tools: reads
-- Roles belong to the cluster, so databases that migrate at the same moment meet here: what another one has just
-- made is as good as made here.
do $$
declare
    roles constant jsonb := '{
        "starlift_migrator": "Owns what migrations make in Starlift warehouses",
        "starlift_loader": "Publishes runs into Starlift warehouses",
        "starlift_reader": "Reads Starlift warehouses: for BI tools"
    }';
    role_name text;
    purpose text;
begin
    for role_name, purpose in select key, value from jsonb_each_text(roles) loop
        begin
            if to_regrole(role_name) is null then
                execute format('create role %I nologin', role_name);
                execute format('comment on role %I is %L', role_name, purpose);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;

    begin
        if not pg_has_role(current_user, 'starlift_migrator', 'usage') then
            execute format('grant starlift_migrator to %I', current_user);
        end if;
    exception when unique_violation then
        null;
    end;
end
$$;

create schema if not exists etl;

comment on schema etl is 'What Starlift knows of its own work: the ledger of publications, and which versions of facts are closed';

grant usage, create on schema etl, public to starlift_migrator;
grant usage on schema etl, public to starlift_loader, starlift_reader;

-- The loader stages rows in temporary tables.
do $$
begin
    execute format('grant create, temporary on database %I to starlift_migrator', current_database());
    execute format('grant temporary on database %I to starlift_loader', current_database());
end
$$;
