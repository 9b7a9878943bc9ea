-- The transaction stays, a dimension keeps its rows; it only loses its order.
update transaction set sales_order_id = null where sales_order_id = 3;
delete from sales_order where sales_order_id = 3;
delete from payment where payment_id = 1;
