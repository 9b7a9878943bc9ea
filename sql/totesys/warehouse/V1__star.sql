-- The star schema: eight dimensions and three facts. A fact has a key of its own, so that every version of an order
-- or payment can stand beside the others.
set role starlift_migrator;

create table dim_date (
    date_id date primary key not null,
    year int not null,
    month int not null,
    day int not null,
    day_of_week int not null,
    day_name varchar not null,
    month_name varchar not null,
    quarter int not null
);

create table dim_staff (
    staff_id int primary key not null,
    first_name varchar not null,
    last_name varchar not null,
    department_name varchar not null,
    location varchar not null,
    email_address varchar not null
);

create table dim_location (
    location_id int primary key not null,
    address_line_1 varchar not null,
    address_line_2 varchar,
    district varchar,
    city varchar not null,
    postal_code varchar not null,
    country varchar not null,
    phone varchar not null
);

create table dim_currency (
    currency_id int primary key not null,
    currency_code varchar not null,
    currency_name varchar not null
);

create table dim_design (
    design_id int primary key not null,
    design_name varchar not null,
    file_location varchar not null,
    file_name varchar not null
);

create table dim_counterparty (
    counterparty_id int primary key not null,
    counterparty_legal_name varchar not null,
    counterparty_legal_address_line_1 varchar not null,
    counterparty_legal_address_line_2 varchar,
    counterparty_legal_district varchar,
    counterparty_legal_city varchar not null,
    counterparty_legal_postal_code varchar not null,
    counterparty_legal_country varchar not null,
    counterparty_legal_phone_number varchar not null
);

create table dim_payment_type (
    payment_type_id int primary key not null,
    payment_type_name varchar not null
);

-- No foreign key to the orders: an order's id names all of its versions in the fact.
create table dim_transaction (
    transaction_id int primary key not null,
    transaction_type varchar not null,
    sales_order_id int,
    purchase_order_id int
);

create table fact_sales_order (
    sales_record_id serial primary key,
    sales_order_id int not null,
    created_date date not null,
    created_time time not null,
    last_updated_date date not null,
    last_updated_time time not null,
    sales_staff_id int not null,
    counterparty_id int not null,
    units_sold int not null,
    unit_price numeric(10, 2) not null,
    currency_id int not null,
    design_id int not null,
    agreed_payment_date date not null,
    agreed_delivery_date date not null,
    agreed_delivery_location_id int not null
);

create table fact_purchase_order (
    purchase_record_id serial primary key,
    purchase_order_id int not null,
    created_date date not null,
    created_time time not null,
    last_updated_date date not null,
    last_updated_time time not null,
    staff_id int not null,
    counterparty_id int not null,
    item_code varchar not null,
    item_quantity int not null,
    item_unit_price numeric not null,
    currency_id int not null,
    agreed_delivery_date date not null,
    agreed_payment_date date not null,
    agreed_delivery_location_id int not null
);

create table fact_payment (
    payment_record_id serial primary key,
    payment_id int not null,
    created_date date not null,
    created_time time not null,
    last_updated_date date not null,
    last_updated_time time not null,
    transaction_id int not null,
    counterparty_id int not null,
    payment_amount numeric not null,
    currency_id int not null,
    payment_type_id int not null,
    paid boolean not null,
    payment_date date not null
);

alter table fact_payment add foreign key (created_date) references dim_date (date_id);
alter table fact_payment add foreign key (last_updated_date) references dim_date (date_id);
alter table fact_payment add foreign key (transaction_id) references dim_transaction (transaction_id);
alter table fact_payment add foreign key (counterparty_id) references dim_counterparty (counterparty_id);
alter table fact_payment add foreign key (currency_id) references dim_currency (currency_id);
alter table fact_payment add foreign key (payment_type_id) references dim_payment_type (payment_type_id);
alter table fact_payment add foreign key (payment_date) references dim_date (date_id);

alter table fact_sales_order add foreign key (created_date) references dim_date (date_id);
alter table fact_sales_order add foreign key (last_updated_date) references dim_date (date_id);
alter table fact_sales_order add foreign key (sales_staff_id) references dim_staff (staff_id);
alter table fact_sales_order add foreign key (counterparty_id) references dim_counterparty (counterparty_id);
alter table fact_sales_order add foreign key (currency_id) references dim_currency (currency_id);
alter table fact_sales_order add foreign key (design_id) references dim_design (design_id);
alter table fact_sales_order add foreign key (agreed_payment_date) references dim_date (date_id);
alter table fact_sales_order add foreign key (agreed_delivery_date) references dim_date (date_id);
alter table fact_sales_order add foreign key (agreed_delivery_location_id) references dim_location (location_id);

alter table fact_purchase_order add foreign key (created_date) references dim_date (date_id);
alter table fact_purchase_order add foreign key (last_updated_date) references dim_date (date_id);
alter table fact_purchase_order add foreign key (staff_id) references dim_staff (staff_id);
alter table fact_purchase_order add foreign key (counterparty_id) references dim_counterparty (counterparty_id);
alter table fact_purchase_order add foreign key (currency_id) references dim_currency (currency_id);
alter table fact_purchase_order add foreign key (agreed_delivery_date) references dim_date (date_id);
alter table fact_purchase_order add foreign key (agreed_payment_date) references dim_date (date_id);
alter table fact_purchase_order add foreign key (agreed_delivery_location_id) references dim_location (location_id);

reset role;
