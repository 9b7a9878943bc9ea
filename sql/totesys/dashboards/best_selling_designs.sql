-- The designs with most units sold, with their share of all units, by quarter of the order.
select
    year,
    quarter,
    place,
    design_id,
    design_name,
    units,
    round(100.0 * units / units_of_quarter, 2) as percent_of_quarter
from (
    select
        ordered.year,
        ordered.quarter,
        dim_design.design_id,
        dim_design.design_name,
        sum(sale.units_sold) as units,
        sum(sum(sale.units_sold)) over (partition by ordered.year, ordered.quarter) as units_of_quarter,
        rank() over (
            partition by ordered.year, ordered.quarter order by sum(sale.units_sold) desc, dim_design.design_id
        ) as place
    from current_sales_order as sale
    join dim_date as ordered on ordered.date_id = sale.created_date
    join dim_design on dim_design.design_id = sale.design_id
    group by ordered.year, ordered.quarter, dim_design.design_id, dim_design.design_name
) as ranked
where place <= 10
order by year desc, quarter desc, place;
