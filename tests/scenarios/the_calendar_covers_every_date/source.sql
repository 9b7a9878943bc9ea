-- Statement 12: the calendar holds the dates that facts refer to, and a key never changes its meaning.
update sales_order set agreed_delivery_date = '2024-02-29', agreed_payment_date = '1999-12-31' where sales_order_id = 1;
