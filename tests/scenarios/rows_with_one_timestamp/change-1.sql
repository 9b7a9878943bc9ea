update payment set paid = not paid, last_updated = '2023-05-05 07:55:11.885' where payment_id <= 37;
