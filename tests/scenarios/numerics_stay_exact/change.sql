update purchase_order set item_unit_price = -0.000000000000000001 where purchase_order_id = 1;
update payment set payment_amount = 99999999999999999999.999999999999999999 where payment_id = 1;
