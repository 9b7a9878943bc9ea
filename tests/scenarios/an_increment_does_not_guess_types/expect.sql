select 'postal code' as wrong where (select postal_code from dim_location where location_id = 1) is distinct from '01138';
select 'item code' as wrong where (select item_code from current_purchase_order where purchase_order_id = 1) is distinct from '1E10001';
