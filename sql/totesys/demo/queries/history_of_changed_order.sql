-- Every version of the sales order whose number of units was corrected last.
select
    sales_record_id,
    sales_order_id,
    units_sold,
    unit_price,
    last_updated_date,
    last_updated_time,
    valid_from,
    valid_to,
    is_current
from history_sales_order
where sales_order_id = (
    select sales_order_id
    from (
        select
            sales_record_id,
            sales_order_id,
            units_sold <> lag(units_sold) over (partition by sales_order_id order by sales_record_id) as corrected
        from fact_sales_order
    ) as compared
    where corrected
    order by sales_record_id desc
    limit 1
)
order by sales_record_id;
