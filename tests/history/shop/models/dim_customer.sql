select customer_id, name from customer
