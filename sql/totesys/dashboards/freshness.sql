-- How old the warehouse is: when it was last published, and whether the source still holds rows that are to come.
select published_at, age, more
from etl.freshness;
