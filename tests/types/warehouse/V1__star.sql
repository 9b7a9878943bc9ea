set role starlift_migrator;

create table dim_sample (
    sample_id integer primary key,
    small smallint,
    whole integer,
    big bigint,
    single real,
    double double precision,
    truth boolean,
    exact numeric(20, 6),
    free numeric,
    words text,
    brief varchar(12),
    padded char(6),
    day date,
    clock time,
    moment timestamp,
    instant timestamptz,
    token uuid,
    document jsonb,
    bits bytea,
    span interval,
    many integer[]
);

create table fact_sample (
    sample_record_id serial primary key,
    sample_id integer not null,
    small smallint,
    whole integer,
    big bigint,
    single real,
    double double precision,
    truth boolean,
    exact numeric(20, 6),
    free numeric,
    words text,
    brief varchar(12),
    padded char(6),
    day date,
    clock time,
    moment timestamp,
    instant timestamptz,
    token uuid,
    document jsonb,
    bits bytea,
    span interval,
    many integer[]
);

create table etl.closed_fact_sample (
    record_id integer primary key references fact_sample (sample_record_id),
    run text not null references etl.run (run),
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

create view current_sample as
select fact.*
from fact_sample as fact
where not exists (select from etl.closed_fact_sample as closed where closed.record_id = fact.sample_record_id);

grant select, insert, update on dim_sample to starlift_loader;
grant select, insert on fact_sample, etl.closed_fact_sample to starlift_loader;
grant usage on sequence fact_sample_sample_record_id_seq to starlift_loader;
grant select on current_sample to starlift_loader;

reset role;
