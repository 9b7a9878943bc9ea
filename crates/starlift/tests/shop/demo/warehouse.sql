-- The warehouse: the target tables, as wide as the source or wider.
create table dim_item (item_id bigint primary key, name varchar not null, title varchar not null);
create table fact_line (
    line_record_id serial primary key,
    sale_id bigint not null,
    line_no text not null,
    amount numeric,
    note text
);
create table fact_sale (
    sale_record_id serial primary key,
    sale_code text not null,
    item_id integer references dim_item (item_id),
    amount numeric(10, 2),
    padded text,
    moment timestamp,
    day date
);
create table fact_visit (visit_record_id serial primary key, visit_no integer not null);

create table etl.closed_fact_line (record_id integer primary key);
create table etl.closed_fact_sale (record_id integer primary key);
create table etl.closed_fact_visit (record_id integer primary key);

create view current_line as
select fact.* from fact_line as fact
where not exists (select from etl.closed_fact_line as closed where closed.record_id = fact.line_record_id);
create view current_sale as
select fact.* from fact_sale as fact
where not exists (select from etl.closed_fact_sale as closed where closed.record_id = fact.sale_record_id);
create view current_visit as
select fact.* from fact_visit as fact
where not exists (select from etl.closed_fact_visit as closed where closed.record_id = fact.visit_record_id);

insert into dim_item values (1, 'bag', 'BAG'), (2, 'tote', 'TOTE');
insert into fact_line (sale_id, line_no, amount, note)
select n, chr(97 + n % 3), n / 8.0, case when n % 5 > 0 then 'é ' || n end from generate_series(20000, 1, -1) as n;
insert into fact_sale (sale_code, item_id, amount, padded, moment, day) values
    ('a', 2, 2.5, 'ab  ', '2024-08-19 12:00:00.5', '2024-08-19'),
    ('a', 1, 2.5, 'ab  ', '2024-08-19 12:00:00.5', '2024-08-19'),
    ('B', 2, 3, null, '2024-08-19 12:00:00', '2024-08-19'),
    ('ä,"', 1, null, 'x   ', null, null),
    ('', 1, 0.1, '    ', '1999-12-31 23:59:59.999', '1999-12-31'),
    ('Ｂ\', 2, -1, 'é   ', '2024-02-29 00:00:00', '2024-02-29');
insert into etl.closed_fact_sale values (1);
