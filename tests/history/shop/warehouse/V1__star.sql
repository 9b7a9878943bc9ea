set role starlift_migrator;

create table dim_product (
    product_id int primary key,
    name text not null
);

create table dim_customer (
    customer_id int primary key,
    name text not null
);

create table fact_sale (
    sale_record_id serial primary key,
    sale_id int not null,
    customer_id int not null references dim_customer (customer_id),
    product_id int not null references dim_product (product_id),
    units int not null,
    last_updated timestamp not null
);

create table fact_line (
    line_record_id serial primary key,
    sale_id int not null,
    line_no text not null,
    product_id int not null references dim_product (product_id),
    quantity int not null,
    last_updated timestamp not null
);

create table etl.closed_fact_sale (
    record_id int primary key references fact_sale (sale_record_id),
    run text not null,
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

create table etl.closed_fact_line (
    record_id int primary key references fact_line (line_record_id),
    run text not null,
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

grant select, insert, update on dim_product, dim_customer to starlift_loader;
grant select, insert on fact_sale, fact_line, etl.closed_fact_sale, etl.closed_fact_line to starlift_loader;
grant usage on sequence fact_sale_sale_record_id_seq, fact_line_line_record_id_seq to starlift_loader;

reset role;
