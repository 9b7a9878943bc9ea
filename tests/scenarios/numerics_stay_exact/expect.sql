select 'item_unit_price of purchase order 4' as wrong
where (select item_unit_price from current_purchase_order where purchase_order_id = 4) is distinct from 123456789.123456789;
select 'scale of purchase order 2' as wrong
where (select item_unit_price::text from current_purchase_order where purchase_order_id = 2) is distinct from '2.675';
select 'largest payment' as wrong
where (select payment_amount from current_payment where payment_id = 1) is distinct from 99999999999999999999.999999999999999999;
