select payment_id from fact_payment group by payment_id having count(*) <> 2;
