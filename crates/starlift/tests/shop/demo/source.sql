-- The source: text keys of any bytes, a composite key, more rows than one bucket holds.
create table item (item_id integer primary key, name text not null);
create table line (sale integer, line_no text, amount numeric(10, 3), note text, primary key (sale, line_no));
create table sale (
    code text primary key,
    item_id integer,
    amount numeric,
    padded character(4),
    moment timestamp(3)
);
create table visit (visit_id integer primary key);

insert into item values (1, 'bag'), (2, 'tote');
insert into line select n, chr(97 + n % 3), n / 8.0, case when n % 5 > 0 then 'é ' || n end from generate_series(1, 20000) as n;
insert into sale values
    ('a', 1, 2.50, 'ab', '2024-08-19 12:00:00.5'),
    ('B', 2, 3, null, '2024-08-19 12:00:00'),
    ('ä,"', 1, null, 'x', null),
    ('', 1, 0.10, '    ', '1999-12-31 23:59:59.999'),
    ('Ｂ\', 2, -1, 'é', '2024-02-29 00:00:00');
