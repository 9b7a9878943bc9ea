-- Fills an empty totesys with a made-up past: as many sales orders as the setting starlift.rows says (1,000 without
-- it), 0.42 times as many purchase orders, and a transaction and a payment for each. All of it follows from row
-- numbers, so the same size gives the same rows on every machine. The peculiarities are those of the real data; a
-- comment stands where each is made.

-- A number below size that looks drawn at random: the salt tells the uses of one row number apart.
create or replace function pg_temp.draw(n bigint, salt bigint, size bigint) returns bigint
language sql immutable
return (n * (1103515245 + salt * 12820163) % 4294967291) * (n * 48271 % 65521 + 1) % 2147483647 % size;

-- Monday to Friday, counted from 2022-11-03, a Thursday.
create or replace function pg_temp.business_day(n bigint) returns date
language sql immutable
return date '2022-10-31' + ((n + 3) / 5 * 7 + (n + 3) % 5)::int;

-- A moment of that day between 08:00 and 18:59, to the millisecond. Some fall on a whole second or tenth, so that
-- their text is shorter.
create or replace function pg_temp.moment(n bigint, day date) returns timestamp
language sql immutable
return date_trunc(
    case pg_temp.draw(n, 1, 40) when 0 then 'second' else 'milliseconds' end,
    day + time '08:00' + pg_temp.draw(n, 2, 395400) * 100 * interval '1 millisecond'
        + case pg_temp.draw(n, 3, 10) when 0 then 0 else pg_temp.draw(n, 4, 100) end * interval '1 millisecond'
);

create temporary table demo_size as
select
    sales,
    sales * 42 / 100 as purchases,
    sales * 142 / 100 as orders,
    least(greatest(sales / 21, 3), 468) as days,
    least(12 + sales / 25, 500) as designs
from (
    select coalesce(nullif(current_setting('starlift.rows', true), ''), '1000')::bigint as sales
) as asked;

-- Checked row by row, the foreign keys would take most of the time: they are set aside and checked at the end.
create temporary table demo_foreign_key as
select conrelid::regclass as of_table, conname as name, pg_get_constraintdef(oid) as definition
from pg_constraint
where contype = 'f' and connamespace = current_schema()::regnamespace;

do $$
declare
    foreign_key record;
begin
    for foreign_key in select * from demo_foreign_key loop
        execute format('alter table %s drop constraint %I', foreign_key.of_table, foreign_key.name);
    end loop;
end
$$;

insert into currency (currency_id, currency_code, created_at, last_updated)
select id, code, '2022-11-03 14:20:49.962', '2022-11-03 14:20:49.962'
from unnest(array['GBP', 'USD', 'EUR']) with ordinality as listed (code, id);

insert into payment_type (payment_type_id, payment_type_name, created_at, last_updated)
select id, name, '2022-11-03 14:20:49.962', '2022-11-03 14:20:49.962'
from unnest(array['SALES_RECEIPT', 'SALES_REFUND', 'PURCHASE_PAYMENT', 'PURCHASE_REFUND']) with ordinality
    as listed (name, id);

insert into department (department_id, department_name, location, manager, created_at, last_updated)
select
    id,
    name,
    (array['Manchester', 'Leeds', 'Sheffield'])[1 + pg_temp.draw(id, 5, 3)],
    (array['Ada Byrne', 'Noor O''Brien', 'Tom Ashe', 'Mina Rao'])[1 + pg_temp.draw(id, 6, 4)],
    '2022-11-03 14:20:49.962',
    '2022-11-03 14:20:49.962'
from unnest(array['Sales', 'Purchasing', 'Production', 'Dispatch', 'Finance', 'Facilities', 'Communications', 'HR'])
    with ordinality as listed (name, id);

-- Zeros lead some postal codes. A second line and a district are often missing.
insert into address (
    address_id, address_line_1, address_line_2, district, city, postal_code, country, phone, created_at, last_updated
)
select
    id,
    lpad(pg_temp.draw(id, 7, 9000)::text, 4, '0') || ' '
        || (array['Mill Lane', 'Herzog Way', 'O''Hara Street', 'Kestrel Row', 'Dock Road'])[1 + pg_temp.draw(id, 8, 5)],
    case when id % 3 = 0 then 'Unit ' || id || ', Torphy Yard' end,
    case when id % 2 = 0 then (array['Avon', 'Borders', 'Bedfordshire'])[1 + pg_temp.draw(id, 9, 3)] end,
    (array['New Tyra', 'Lake Arne', 'Port Ellen', 'East Bobbie', 'Utica', 'King''s Lynn'])[1 + pg_temp.draw(id, 10, 6)],
    lpad(pg_temp.draw(id, 11, 30000)::text, 5, '0')
        || case when id % 4 = 0 then '-' || lpad(pg_temp.draw(id, 12, 10000)::text, 4, '0') else '' end,
    (array['Iceland', 'Japan', 'United Kingdom', 'Côte d''Ivoire', 'Fiji', 'Peru'])[1 + pg_temp.draw(id, 13, 6)],
    lpad(pg_temp.draw(id, 14, 10000)::text, 4, '0') || ' '
        || lpad(pg_temp.draw(id, 15, 1000000)::text, 6, '0'),
    '2022-11-03 14:20:49.962',
    '2022-11-03 14:20:49.962'
from generate_series(1, 30) as id;

-- Half of the names hold commas. Several counterparties share one address.
insert into counterparty (
    counterparty_id, counterparty_legal_name, legal_address_id, commercial_contact, delivery_contact,
    created_at, last_updated
)
select
    id,
    case id % 4
        when 0 then first.name || ' - ' || third.name
        when 1 then first.name || ' and Sons'
        else first.name || ', ' || second.name || ' and ' || third.name
    end,
    1 + pg_temp.draw(id, 16, 30),
    'Ms. ' || second.name,
    'Dr. ' || third.name,
    '2022-11-03 14:20:51.563',
    '2022-11-03 14:20:51.563'
from generate_series(1, 20) as id
cross join lateral (
    select array[
        'Fahey', 'O''Conner', 'Leannon', 'Armstrong', 'Kohler', 'Frami', 'Mraz', 'Padberg', 'D''Amore', 'Yost'
    ] as name
) as known
cross join lateral (select known.name[1 + (id * 7) % 10] as name) as first
cross join lateral (select known.name[1 + (id * 7 + 3) % 10] as name) as second
cross join lateral (select known.name[1 + (id * 7 + 4 + id / 10) % 10] as name) as third;

insert into staff (staff_id, first_name, last_name, department_id, email_address, created_at, last_updated)
select
    id,
    first_name,
    last_name,
    1 + pg_temp.draw(id, 17, 8),
    lower(first_name || '.' || last_name) || '@terrifictotes.com',
    '2022-11-03 14:20:51.563',
    '2022-11-03 14:20:51.563'
from generate_series(1, 20) as id
cross join lateral (
    select
        (array['Ana', 'Irving', 'Zoë', 'Meda', 'Oswaldo', 'Jett', 'Tomasa'])[1 + id % 7] as first_name,
        (array['Glover', 'O''Keefe', 'Beier', 'Rippin', 'VonRueden', 'Sauer'])[1 + id % 6] as last_name
) as named;

insert into design (design_id, design_name, file_location, file_name, created_at, last_updated)
select
    id,
    name,
    (array['/lib', '/etc/periodic', '/usr/local/src', '/opt/lib', '/System', '/rescue'])[1 + pg_temp.draw(id, 18, 6)],
    lower(name) || '-' || to_char(date '2020-10-01' + pg_temp.draw(id, 19, 900)::int, 'YYYYMMDD')
        || '-' || substr(md5('design ' || id), 1, 4) || '.json',
    created_at,
    created_at
from demo_size
cross join generate_series(1, designs) as id
cross join lateral (
    select
        (array['Cotton', 'Steel', 'Wooden', 'Granite', 'Rubber', 'Bronze'])[1 + pg_temp.draw(id, 20, 6)] as name,
        pg_temp.moment(id, pg_temp.business_day((id - 1) * days / designs)) as created_at
) as drawn;

-- Every order, sold or bought, with what both kinds have. Sales and purchases take turns; within a day their ids do
-- not follow the clock.
create temporary table demo_order as
select
    n,
    bought = bought_before as is_sale,
    case when bought = bought_before then n - bought else bought end as order_id,
    pg_temp.moment(n, day) as created_at,
    1 + pg_temp.draw(n, 21, 20) as staff_id,
    1 + pg_temp.draw(n, 22, 20) as counterparty_id,
    case
        when bought = bought_before then 1000 + pg_temp.draw(n, 23, 99001)
        else 1 + pg_temp.draw(n, 23, 1000)
    end as quantity,
    case
        when bought = bought_before then 200 + pg_temp.draw(n, 24, 201)
        else 300 + pg_temp.draw(n, 24, 99701)
    end * 0.01 as price,
    1 + pg_temp.draw(n, 25, 3) as currency_id,
    -- Most are delivered within a week; a few are agreed far ahead.
    day + pg_temp.draw(n, 26, case pg_temp.draw(n, 27, 90) when 0 then 650 else 7 end)::int as delivery_date,
    day + pg_temp.draw(n, 28, 6)::int as payment_date,
    1 + pg_temp.draw(n, 29, 30) as location_id
from demo_size
cross join generate_series(1, orders) as n
cross join lateral (
    select
        n * purchases / orders as bought,
        (n - 1) * purchases / orders as bought_before,
        pg_temp.business_day((n - 1) * days / orders) as day
) as placed;

insert into sales_order (
    sales_order_id, created_at, last_updated, design_id, staff_id, counterparty_id, units_sold, unit_price,
    currency_id, agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id
)
select
    order_id, created_at, created_at, 1 + pg_temp.draw(n, 30, designs), staff_id, counterparty_id, quantity, price,
    currency_id, to_char(delivery_date, 'YYYY-MM-DD'), to_char(payment_date, 'YYYY-MM-DD'), location_id
from demo_order
cross join demo_size
where is_sale
order by n;

-- Item codes are text, also where they are all digits or could be read as a power of ten.
insert into purchase_order (
    purchase_order_id, created_at, last_updated, staff_id, counterparty_id, item_code, item_quantity, item_unit_price,
    currency_id, agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id
)
select
    order_id, created_at, created_at, staff_id, counterparty_id,
    case order_id % 1000 when 7 then '9002744' when 11 then '1E10001' else upper(substr(md5('item ' || n), 1, 7)) end,
    quantity, price,
    currency_id, to_char(delivery_date, 'YYYY-MM-DD'), to_char(payment_date, 'YYYY-MM-DD'), location_id
from demo_order
where not is_sale
order by n;

insert into transaction (transaction_id, transaction_type, sales_order_id, purchase_order_id, created_at, last_updated)
select
    n,
    case when is_sale then 'SALE' else 'PURCHASE' end,
    case when is_sale then order_id end,
    case when not is_sale then order_id end,
    created_at,
    created_at
from demo_order
order by n;

-- An order, its transaction and its payment share one timestamp. At 07:55 of a working day all payments due on it turn
-- paid with one timestamp; those due at a weekend or on the day of the order never do. Some neighbours have swapped
-- ids, so a payment's id is not always its transaction's.
insert into payment (
    payment_id, created_at, last_updated, transaction_id, counterparty_id, payment_amount, currency_id,
    payment_type_id, paid, payment_date, company_ac_number, counterparty_ac_number
)
select
    n + case n % 50 when 20 then 1 when 21 then -1 else 0 end as payment_id,
    created_at,
    case
        when settled then payment_date + time '07:55:11'
            + pg_temp.draw(payment_date - date '2022-01-01', 31, 1000) * interval '1 millisecond'
        else created_at
    end,
    n, counterparty_id, quantity * price, currency_id,
    case when is_sale then 1 else 3 end, settled, to_char(payment_date, 'YYYY-MM-DD'),
    10000000 + pg_temp.draw(n, 32, 90000000), 10000000 + pg_temp.draw(n, 33, 90000000)
from demo_order
cross join demo_size
cross join lateral (
    select
        extract(isodow from payment_date) < 6
        and payment_date > created_at::date
        and payment_date <= pg_temp.business_day(days - 1) as settled
) as due
order by payment_id;

do $$
declare
    foreign_key record;
begin
    for foreign_key in select * from demo_foreign_key loop
        execute format(
            'alter table %s add constraint %I %s', foreign_key.of_table, foreign_key.name, foreign_key.definition
        );
    end loop;
end
$$;

drop table demo_order, demo_foreign_key, demo_size;

analyze
    address, counterparty, currency, department, design, payment, payment_type, purchase_order, sales_order, staff,
    transaction;
