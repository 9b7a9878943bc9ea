select sale_id, customer_id, item_id, amount from sale
