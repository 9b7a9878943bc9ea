create view o_dim_date as
select
    d as date_id,
    extract(year from d)::int as year,
    extract(month from d)::int as month,
    extract(day from d)::int as day,
    extract(isodow from d)::int as day_of_week,
    to_char(d, 'FMDay') as day_name,
    to_char(d, 'FMMonth') as month_name,
    extract(quarter from d)::int as quarter
from o_dates;
