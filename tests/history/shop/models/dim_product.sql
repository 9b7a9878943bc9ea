select product_id, name from product
