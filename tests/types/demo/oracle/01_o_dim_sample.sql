create view o_dim_sample as
select *
from sample;
