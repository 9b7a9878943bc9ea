-- Revenue of the latest months, by currency: the star schema in one query.
select
    ordered.year,
    ordered.month_name,
    dim_currency.currency_name,
    count(*) as orders,
    sum(sale.units_sold) as units,
    sum(sale.units_sold * sale.unit_price) as revenue
from current_sales_order as sale
join dim_date as ordered on ordered.date_id = sale.created_date
join dim_currency on dim_currency.currency_id = sale.currency_id
group by ordered.year, ordered.month, ordered.month_name, dim_currency.currency_name
order by ordered.year desc, ordered.month desc, revenue desc
limit 10;
