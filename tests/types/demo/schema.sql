-- The source: a column of every type.
create table sample (
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
