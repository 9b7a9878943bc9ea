-- The source of the shop.
create table item (item_id int primary key, name varchar(20) not null);
create table customer (customer_id int primary key, name text not null);
create table sale (
    sale_id int primary key,
    customer_id int not null,
    item_id int not null,
    amount numeric(10, 2) not null,
    card text,
    last_updated timestamp not null default '2026-11-20 08:00:00'
);
create table line (
    sale_id int not null,
    line_no text not null,
    quantity int not null,
    primary key (sale_id, line_no)
);
insert into item values (1, 'tote'), (2, 'bag, large');
insert into customer values (1, 'O''Keefe'), (2, '');
insert into sale (sale_id, customer_id, item_id, amount, card) values (1, 1, 1, 2.50, '4111'), (2, 2, 2, 3.00, '4222');
insert into line values (1, 'a', 1), (1, 'b', 2), (2, 'a', 3);
