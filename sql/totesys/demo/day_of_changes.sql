-- One more working day in totesys, after the last one that is there. It runs on captured data and on generated data of
-- at least 50 sales orders, and again for the day after. What changes follows from the rows alone. The sequences must be
-- above all ids (reset_sequences.sql).

-- A number below size that looks drawn at random: the salt tells the uses of one row number apart.
create or replace function pg_temp.draw(n bigint, salt bigint, size bigint) returns bigint
language sql immutable
return (n * (1103515245 + salt * 12820163) % 4294967291) * (n * 48271 % 65521 + 1) % 2147483647 % size;

create temporary table demo_day as
select last_day + case extract(isodow from last_day) when 5 then 3 when 6 then 2 else 1 end as day
from (select max(created_at)::date as last_day from sales_order) as known;

-- At 07:55, 37 payments turn paid with one timestamp: of those that are due the ones due last, then ones not yet due.
update payment
set paid = true, last_updated = day + time '07:55:11.642'
from demo_day
where payment_id in (
    select payment_id
    from payment
    cross join demo_day
    where not paid
    order by payment_date <= to_char(day, 'YYYY-MM-DD') desc, payment_date desc, payment_id
    limit 37
);

-- Three sales orders change, each in another column, and last_updated does not move.
update sales_order
set agreed_delivery_date = to_char(agreed_delivery_date::date + 7, 'YYYY-MM-DD')
where sales_order_id = (select percentile_disc(0.2) within group (order by sales_order_id) from sales_order);

update sales_order
set staff_id = (
    select coalesce(min(staff_id) filter (where staff_id > sales_order.staff_id), min(staff_id))
    from staff
)
where sales_order_id = (select percentile_disc(0.4) within group (order by sales_order_id) from sales_order);

update sales_order
set agreed_delivery_location_id = (
    select coalesce(min(address_id) filter (where address_id > agreed_delivery_location_id), min(address_id))
    from address
)
where sales_order_id = (select percentile_disc(0.8) within group (order by sales_order_id) from sales_order);

-- So do two purchase orders and a design.
update purchase_order
set item_code = upper(substr(md5(item_code), 1, 7))
where purchase_order_id = (select percentile_disc(0.3) within group (order by purchase_order_id) from purchase_order);

update purchase_order
set agreed_delivery_date = to_char(agreed_delivery_date::date + 7, 'YYYY-MM-DD')
where purchase_order_id = (select percentile_disc(0.7) within group (order by purchase_order_id) from purchase_order);

update design
set file_location = case
    when file_location like '/archive/%' then substr(file_location, 9)
    else '/archive' || file_location
end
where design_id = (select percentile_disc(0.5) within group (order by design_id) from design);

-- A number of units is corrected, and last_updated tells of it: the demo shows the versions of this order.
update sales_order
set units_sold = 1000 + (units_sold + 500) % 99001, last_updated = day + time '11:20:04.518'
from demo_day
where sales_order_id = (select percentile_disc(0.6) within group (order by sales_order_id) from sales_order);

-- The department with most staff moves, and a city is renamed where a counterparty has its address: both reach
-- several rows of dimensions and no fact.
update department
set location = case location when 'Leeds' then 'York' else 'Leeds' end, last_updated = day + time '11:30:00'
from demo_day
where department_id = (select mode() within group (order by department_id) from staff);

update address
set
    city = case when city like 'New %' then substr(city, 5) else 'New ' || city end,
    last_updated = day + time '11:40:00'
from demo_day
where address_id = (select min(legal_address_id) from counterparty);

-- 21 sales and 9 purchases, each with its transaction and its payment.
with
partners as (
    select
        (select array_agg(staff_id order by staff_id) from staff) as staff_ids,
        (select array_agg(counterparty_id order by counterparty_id) from counterparty) as counterparty_ids,
        (select array_agg(currency_id order by currency_id) from currency) as currency_ids,
        (select array_agg(design_id order by design_id) from design) as design_ids,
        (select array_agg(address_id order by address_id) from address) as address_ids
),
placed as materialized (
    select
        seed,
        is_sale,
        case when is_sale then nextval(pg_get_serial_sequence('sales_order', 'sales_order_id')) end as sales_order_id,
        case
            when not is_sale then nextval(pg_get_serial_sequence('purchase_order', 'purchase_order_id'))
        end as purchase_order_id,
        nextval(pg_get_serial_sequence('transaction', 'transaction_id')) as transaction_id,
        nextval(pg_get_serial_sequence('payment', 'payment_id')) as payment_id,
        day + time '08:00' + pg_temp.draw(seed, 2, 39540000) * interval '1 millisecond' as created_at,
        design_ids[1 + pg_temp.draw(seed, 30, cardinality(design_ids))] as design_id,
        staff_ids[1 + pg_temp.draw(seed, 21, cardinality(staff_ids))] as staff_id,
        counterparty_ids[1 + pg_temp.draw(seed, 22, cardinality(counterparty_ids))] as counterparty_id,
        currency_ids[1 + pg_temp.draw(seed, 25, cardinality(currency_ids))] as currency_id,
        address_ids[1 + pg_temp.draw(seed, 29, cardinality(address_ids))] as address_id,
        case
            when is_sale then 1000 + pg_temp.draw(seed, 23, 99001)
            else 1 + pg_temp.draw(seed, 23, 1000)
        end as quantity,
        case
            when is_sale then 200 + pg_temp.draw(seed, 24, 201)
            else 300 + pg_temp.draw(seed, 24, 99701)
        end * 0.01 as price,
        to_char(day + pg_temp.draw(seed, 26, 7)::int, 'YYYY-MM-DD') as delivery_date,
        to_char(day + pg_temp.draw(seed, 28, 6)::int, 'YYYY-MM-DD') as payment_date
    from demo_day
    cross join partners
    cross join generate_series(1, 30) as n
    cross join lateral (
        select (day - date '2020-01-01') * 100::bigint + n as seed, n % 10 not in (3, 6, 9) as is_sale
    ) as drawn
),
sale as (
    insert into sales_order (
        sales_order_id, created_at, last_updated, design_id, staff_id, counterparty_id, units_sold, unit_price,
        currency_id, agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id
    )
    select
        sales_order_id, created_at, created_at, design_id, staff_id, counterparty_id, quantity, price,
        currency_id, delivery_date, payment_date, address_id
    from placed
    where is_sale
),
purchase as (
    insert into purchase_order (
        purchase_order_id, created_at, last_updated, staff_id, counterparty_id, item_code, item_quantity,
        item_unit_price, currency_id, agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id
    )
    select
        purchase_order_id, created_at, created_at, staff_id, counterparty_id,
        upper(substr(md5('item of ' || seed), 1, 7)), quantity,
        price, currency_id, delivery_date, payment_date, address_id
    from placed
    where not is_sale
),
dealing as (
    insert into transaction (
        transaction_id, transaction_type, sales_order_id, purchase_order_id, created_at, last_updated
    )
    select
        transaction_id, case when is_sale then 'SALE' else 'PURCHASE' end, sales_order_id, purchase_order_id,
        created_at, created_at
    from placed
)
insert into payment (
    payment_id, created_at, last_updated, transaction_id, counterparty_id, payment_amount, currency_id,
    payment_type_id, paid, payment_date, company_ac_number, counterparty_ac_number
)
select
    payment_id, placed.created_at, placed.created_at, transaction_id, counterparty_id, quantity * price, currency_id,
    payment_type_id, false, payment_date,
    10000000 + pg_temp.draw(seed, 32, 90000000), 10000000 + pg_temp.draw(seed, 33, 90000000)
from placed
join payment_type on payment_type_name = case when is_sale then 'SALES_RECEIPT' else 'PURCHASE_PAYMENT' end;

drop table demo_day;
