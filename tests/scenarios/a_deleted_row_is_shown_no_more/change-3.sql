update sales_order set units_sold = units_sold + 1 where sales_order_id = 3;
insert into payment select * from deleted_payment;
delete from payment where payment_id = 1;
