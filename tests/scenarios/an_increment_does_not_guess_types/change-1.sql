update address set postal_code = '01138' where address_id = 1;
update purchase_order set item_code = '9002744' where purchase_order_id = 1;
