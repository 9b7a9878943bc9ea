select sale_id from current_sale where units = 0;
