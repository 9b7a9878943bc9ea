-- The calendar holds every date between its first and its last: a missing one would drop days from reports.
select
    min(date_id) as first_date,
    max(date_id) as last_date,
    count(*) as dates
from dim_date
having count(*) <> max(date_id) - min(date_id) + 1;
