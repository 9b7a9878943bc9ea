-- Revenue by month, currency and the country that goods are delivered to.
select
    ordered.year,
    ordered.month,
    dim_currency.currency_code,
    dim_location.country,
    count(*) as orders,
    sum(sale.units_sold) as units,
    sum(sale.units_sold * sale.unit_price) as revenue
from current_sales_order as sale
join dim_date as ordered on ordered.date_id = sale.created_date
join dim_currency on dim_currency.currency_id = sale.currency_id
join dim_location on dim_location.location_id = sale.agreed_delivery_location_id
group by ordered.year, ordered.month, dim_currency.currency_code, dim_location.country
order by ordered.year, ordered.month, dim_currency.currency_code, revenue desc;
