create view o_fact_sales_order as
select
    sales_order_id,
    created_at::date as created_date,
    created_at::time as created_time,
    last_updated::date as last_updated_date,
    last_updated::time as last_updated_time,
    staff_id as sales_staff_id,
    counterparty_id,
    units_sold,
    unit_price::numeric(10, 2) as unit_price,
    currency_id,
    design_id,
    agreed_payment_date::date as agreed_payment_date,
    agreed_delivery_date::date as agreed_delivery_date,
    agreed_delivery_location_id
from sales_order;
