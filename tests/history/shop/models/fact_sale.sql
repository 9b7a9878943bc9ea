select sale_id, customer_id, product_id, units, last_updated from sale
