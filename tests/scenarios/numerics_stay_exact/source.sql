-- Statement 6: numerics arrive exactly.
update purchase_order set item_unit_price = 0.1 where purchase_order_id = 1;
update purchase_order set item_unit_price = 2.675 where purchase_order_id = 2;
update purchase_order set item_unit_price = 999999999999.99 where purchase_order_id = 3;
update purchase_order set item_unit_price = 123456789.123456789 where purchase_order_id = 4;
update payment set payment_amount = 0.1 where payment_id = 1;
update payment set payment_amount = 123456789.123456789 where payment_id = 2;
update payment set payment_amount = 1e10 where payment_id = 3;
