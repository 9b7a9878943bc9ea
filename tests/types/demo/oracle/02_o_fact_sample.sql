create view o_fact_sample as
select *
from sample;
