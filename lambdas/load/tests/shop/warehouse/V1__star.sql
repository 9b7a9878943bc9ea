set role starlift_migrator;

create table dim_date (
    date_id date primary key,
    year int not null,
    month int not null,
    day int not null,
    day_of_week int not null,
    day_name varchar not null,
    month_name varchar not null,
    quarter int not null
);

create table dim_product (
    product_id int primary key,
    name varchar not null,
    price numeric(10, 2),
    code uuid,
    attributes json
);

create table fact_sale (
    sale_record_id serial primary key,
    sale_id int not null,
    product_id int not null references dim_product (product_id) deferrable,
    sold_on date not null references dim_date (date_id),
    sold_at timestamp not null,
    units int not null,
    amount numeric not null,
    note text,
    paid boolean not null
);

create index fact_sale_sale_id_idx on fact_sale (sale_id);
create unique index fact_sale_version_idx on fact_sale (sale_record_id desc) include (units) where units > 0;
comment on index fact_sale_sale_id_idx is 'For the merge';
comment on constraint fact_sale_sold_on_fkey on fact_sale is 'The day of the sale';

create table etl.closed_fact_sale (
    record_id int primary key,
    run text not null,
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

create view current_sale as
select fact.*
from fact_sale as fact
where not exists (select from etl.closed_fact_sale as closed where closed.record_id = fact.sale_record_id);

grant select, insert, update on dim_date, dim_product to starlift_loader;
grant select, insert on fact_sale, etl.closed_fact_sale to starlift_loader;
grant usage on sequence fact_sale_sale_record_id_seq to starlift_loader;
grant select on current_sale to starlift_loader;

reset role;
