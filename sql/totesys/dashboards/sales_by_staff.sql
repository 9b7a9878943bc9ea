-- Who sold what: orders and revenue of each member of staff, by year, department and currency.
select
    ordered.year,
    dim_staff.department_name,
    dim_staff.location as department_location,
    dim_staff.first_name || ' ' || dim_staff.last_name as staff_name,
    dim_currency.currency_code,
    count(*) as orders,
    sum(sale.units_sold * sale.unit_price) as revenue
from current_sales_order as sale
join dim_date as ordered on ordered.date_id = sale.created_date
join dim_staff on dim_staff.staff_id = sale.sales_staff_id
join dim_currency on dim_currency.currency_id = sale.currency_id
group by ordered.year, dim_staff.staff_id, dim_currency.currency_code
order by ordered.year desc, dim_currency.currency_code, revenue desc;
