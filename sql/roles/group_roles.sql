-- The group roles of every warehouse of a server: without a login, and without rights but those that the migrations grant them.
-- Roles belong to the whole server, and another warehouse may have made these, perhaps at this moment.
do $$
declare
    name text;
begin
    foreach name in array array['starlift_migrator', 'starlift_loader', 'starlift_reader'] loop
        begin
            if to_regrole(name) is null then
                execute format('create role %I nologin', name);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
end
$$;
