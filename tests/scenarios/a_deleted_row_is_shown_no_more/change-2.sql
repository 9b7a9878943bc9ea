insert into sales_order select * from deleted_order;
