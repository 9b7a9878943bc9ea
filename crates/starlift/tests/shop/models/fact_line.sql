select sale as sale_id, line_no, amount, note from line
