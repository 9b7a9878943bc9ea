select sale_id, line_no, quantity from line
