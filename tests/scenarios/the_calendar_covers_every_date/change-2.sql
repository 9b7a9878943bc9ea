update sales_order set agreed_delivery_date = '2299-12-31', agreed_payment_date = '1900-01-01' where sales_order_id = 2;
