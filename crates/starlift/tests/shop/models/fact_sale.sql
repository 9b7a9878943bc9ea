select code as sale_code, item_id, amount, padded, moment, cast(moment as date) as day from sale
