-- Lets every identity column of the search path go on after the highest value that was copied in.
do $$
declare
    owned record;
begin
    for owned in
        select
            a.attrelid::regclass as relation,
            a.attname as name,
            pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) as sequence
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        where a.attidentity <> '' and c.relkind = 'r' and pg_table_is_visible(c.oid)
    loop
        execute format('select setval(%L, max(%I)) from %s having count(*) > 0', owned.sequence, owned.name, owned.relation);
    end loop;
end
$$
