select sale_id, line_no, product_id, quantity, last_updated from line
