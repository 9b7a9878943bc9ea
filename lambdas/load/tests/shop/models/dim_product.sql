select product_id, name, price, code, attributes from product
