-- Bulk loads. Foreign keys that are checked row by row, and indexes that grow row by row, make a first load ten times
-- slower; so load sets them aside and declares them again within the transaction that inserts the rows. It owns no
-- table: set_keys_aside and restore_keys are all it can do to one, they only do it to a fact, and none without the other.
set role starlift_migrator;

create table etl.key_aside (
    fact text not null,
    kind text not null check (kind in ('foreign key', 'index')),
    name text not null,
    definition text not null,
    comment text,
    is_dropped boolean not null,
    primary key (fact, kind, name)
);

comment on table etl.key_aside is 'Keys and indexes of facts that a bulk load has set aside, and foreign keys that are not valid until the last slice of a load validates them. Empty otherwise';
comment on column etl.key_aside.fact is 'The fact, with its schema';
comment on column etl.key_aside.kind is 'foreign key or index';
comment on column etl.key_aside.name is 'Name of the constraint or index';
comment on column etl.key_aside.definition is 'How it is declared again';
comment on column etl.key_aside.comment is 'Its comment, which goes with it';
comment on column etl.key_aside.is_dropped is 'Whether it is dropped: only within a transaction, nobody ever sees it';

-- Whoever may set keys aside could forget to declare them again. Then the transaction cannot be committed.
create function etl.refuse_dropped_keys() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- The row as it is now: it may have been declared again since.
    if exists (
        select from etl.key_aside as aside
        where aside.fact = new.fact and aside.kind = new.kind and aside.name = new.name and aside.is_dropped
    ) then
        raise exception '% % of % is set aside and was not declared again', new.kind, new.name, new.fact
            using errcode = 'object_not_in_prerequisite_state', hint = 'call etl.restore_keys before the transaction ends';
    end if;
    return null;
end
$$;

comment on function etl.refuse_dropped_keys is 'Refuses to commit while a key or index of a fact is dropped';

create constraint trigger key_aside_is_restored
after insert or update on etl.key_aside
deferrable initially deferred
for each row
when (new.is_dropped)
execute function etl.refuse_dropped_keys();

comment on trigger key_aside_is_restored on etl.key_aside is 'Nobody ever sees a fact without its keys and indexes';

create function etl.set_keys_aside(fact regclass, rows bigint) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Every reader waits behind whoever waits for such a lock, so not for long: just until a vacuum that is at work gives way.
set lock_timeout = '3s'
as $$
declare
    item record;
    is_fact boolean;
    is_small boolean;
    fact_schema text;
begin
    select
        relation.relkind = 'r'
            and not relation.relispartition
            and to_regclass(format('etl.%I', 'closed_' || relation.relname)) is not null,
        relation.reltuples <= 4 * rows,
        relation.relnamespace::regnamespace::text
    into is_fact, is_small, fact_schema
    from pg_class as relation
    where relation.oid = fact;
    if is_fact is not true then
        raise exception '% is not a fact', fact using errcode = 'wrong_object_type';
    end if;

    execute format('lock table %s in access exclusive mode', fact);
    for item in
        select distinct foreign_key.confrelid::regclass as referred
        from pg_constraint as foreign_key
        where foreign_key.conrelid = fact and foreign_key.contype = 'f'
    loop
        execute format('lock table %s in access exclusive mode', item.referred);
    end loop;

    -- A key that an earlier slice left not valid keeps the definition it had before.
    insert into etl.key_aside as remembered (fact, kind, name, definition, comment, is_dropped)
    select
        fact::text,
        'foreign key',
        foreign_key.conname,
        pg_get_constraintdef(foreign_key.oid),
        obj_description(foreign_key.oid, 'pg_constraint'),
        true
    from pg_constraint as foreign_key
    where foreign_key.conrelid = fact and foreign_key.contype = 'f'
    on conflict on constraint key_aside_pkey do update
    set is_dropped = true,
        comment = excluded.comment,
        definition = case
            when excluded.definition = remembered.definition || ' NOT VALID' then remembered.definition
            else excluded.definition
        end;

    -- To build an index again over many times the rows that come takes longer than to let them in. What a definition
    -- does not say (a tablespace, clustering) cannot be declared again, so such an index stays.
    if is_small then
        insert into etl.key_aside (fact, kind, name, definition, comment, is_dropped)
        select
            fact::text,
            'index',
            named.relname,
            pg_get_indexdef(named.oid),
            obj_description(named.oid, 'pg_class'),
            true
        from pg_index as secondary
        join pg_class as named on named.oid = secondary.indexrelid
        where secondary.indrelid = fact
            and secondary.indisvalid
            and not secondary.indisclustered
            and not secondary.indisreplident
            and named.reltablespace = 0
            and not exists (select from pg_constraint as backed where backed.conindid = secondary.indexrelid);
    end if;

    for item in
        select aside.kind, aside.name
        from etl.key_aside as aside
        where aside.fact = set_keys_aside.fact::text and aside.is_dropped
    loop
        if item.kind = 'index' then
            execute format('drop index %s.%I', fact_schema, item.name);
        else
            execute format('alter table %s drop constraint %I', fact, item.name);
        end if;
    end loop;
end
$$;

comment on function etl.set_keys_aside is 'Drops the foreign keys of a fact, and its secondary indexes unless it holds many times the rows that come, and remembers them';

create function etl.restore_keys(fact regclass, validate boolean) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    item record;
    fact_schema text;
begin
    select relnamespace::regnamespace::text into fact_schema from pg_class where oid = fact;
    for item in
        select aside.kind, aside.name, aside.definition, aside.comment
        from etl.key_aside as aside
        where aside.fact = restore_keys.fact::text and aside.is_dropped
        order by aside.kind desc, aside.name
    loop
        if item.kind = 'index' then
            execute item.definition;
            if item.comment is not null then
                execute format('comment on index %s.%I is %L', fact_schema, item.name, item.comment);
            end if;
        else
            execute format(
                'alter table %s add constraint %I %s not valid',
                fact, item.name, regexp_replace(item.definition, ' NOT VALID$', '')
            );
            if item.comment is not null then
                execute format('comment on constraint %I on %s is %L', item.name, fact, item.comment);
            end if;
        end if;
    end loop;

    delete from etl.key_aside as aside where aside.fact = restore_keys.fact::text and aside.kind = 'index';
    update etl.key_aside as aside set is_dropped = false where aside.fact = restore_keys.fact::text;
    execute format('analyze %s', fact);
    if not validate then
        return;
    end if;

    for item in
        select aside.name
        from etl.key_aside as aside
        join pg_constraint as foreign_key on foreign_key.conrelid = restore_keys.fact and foreign_key.conname = aside.name
        where aside.fact = restore_keys.fact::text
            and aside.definition not like '% NOT VALID'
            and not foreign_key.convalidated
        order by aside.name
    loop
        execute format('alter table %s validate constraint %I', fact, item.name);
    end loop;
    delete from etl.key_aside as aside where aside.fact = restore_keys.fact::text;
end
$$;

comment on function etl.restore_keys is 'Declares again what was set aside: foreign keys as not valid, and with validate validates those that were valid before';

-- A function can be called by everybody until that is taken back.
revoke all on function etl.refuse_dropped_keys, etl.set_keys_aside, etl.restore_keys from public;
grant execute on function etl.set_keys_aside, etl.restore_keys to starlift_loader;
grant select on etl.key_aside to starlift_loader;

reset role;
