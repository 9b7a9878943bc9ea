-- The source, with one row of each dimension that fits: every row of a fact finds one to refer to. A row without a name does not fit.
create table product (
    product_id int primary key,
    name text
);

create table customer (
    customer_id int primary key,
    name text
);

create table sale (
    sale_id int primary key,
    customer_id int not null references customer (customer_id),
    product_id int not null references product (product_id),
    units int not null,
    last_updated timestamp not null
);

create table line (
    sale_id int not null,
    line_no text not null,
    product_id int not null references product (product_id),
    quantity int not null,
    last_updated timestamp not null,
    primary key (sale_id, line_no)
);

insert into product values (1, 'tote');
insert into customer values (1, 'O''Keefe');
