select 'largest id' as wrong
where (select sales_order_id from dim_transaction where transaction_id = 2147483647) is distinct from 2147483647;
