create view o_dim_payment_type as
select payment_type_id, payment_type_name
from payment_type;
