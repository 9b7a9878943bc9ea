-- The group roles of warehouses, unless another database of the cluster has made them, perhaps at this moment.
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
$$
