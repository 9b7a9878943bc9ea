-- How sales orders change after they are made: versions that replaced another one, by the day they were published, with
-- what changed. Price and units change the revenue; the rest changes the work.
select
    valid_from::date as changed_on,
    count(*) as changes,
    count(*) filter (where units_sold <> units_before) as of_units,
    count(*) filter (where unit_price <> price_before) as of_price,
    count(*) filter (where agreed_delivery_date <> delivery_before) as of_delivery_date,
    count(*) filter (where agreed_delivery_location_id <> location_before) as of_delivery_location,
    count(*) filter (where sales_staff_id <> staff_before) as of_staff,
    sum(units_sold * unit_price - units_before * price_before) as revenue_change
from (
    select
        history.*,
        lag(units_sold) over version as units_before,
        lag(unit_price) over version as price_before,
        lag(agreed_delivery_date) over version as delivery_before,
        lag(agreed_delivery_location_id) over version as location_before,
        lag(sales_staff_id) over version as staff_before
    from history_sales_order as history
    window version as (partition by sales_order_id order by sales_record_id)
) as compared
where units_before is not null
group by valid_from::date
order by changed_on desc;
