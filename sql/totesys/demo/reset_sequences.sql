-- After rows have been written with ids of their own: the next id of every table is above all that are there.
select setval(pg_get_serial_sequence('address', 'address_id'), coalesce(max(address_id), 0) + 1, false) from address
union all
select setval(pg_get_serial_sequence('counterparty', 'counterparty_id'), coalesce(max(counterparty_id), 0) + 1, false) from counterparty
union all
select setval(pg_get_serial_sequence('currency', 'currency_id'), coalesce(max(currency_id), 0) + 1, false) from currency
union all
select setval(pg_get_serial_sequence('department', 'department_id'), coalesce(max(department_id), 0) + 1, false) from department
union all
select setval(pg_get_serial_sequence('design', 'design_id'), coalesce(max(design_id), 0) + 1, false) from design
union all
select setval(pg_get_serial_sequence('payment', 'payment_id'), coalesce(max(payment_id), 0) + 1, false) from payment
union all
select setval(pg_get_serial_sequence('payment_type', 'payment_type_id'), coalesce(max(payment_type_id), 0) + 1, false) from payment_type
union all
select setval(pg_get_serial_sequence('purchase_order', 'purchase_order_id'), coalesce(max(purchase_order_id), 0) + 1, false) from purchase_order
union all
select setval(pg_get_serial_sequence('sales_order', 'sales_order_id'), coalesce(max(sales_order_id), 0) + 1, false) from sales_order
union all
select setval(pg_get_serial_sequence('staff', 'staff_id'), coalesce(max(staff_id), 0) + 1, false) from staff
union all
select setval(pg_get_serial_sequence('transaction', 'transaction_id'), coalesce(max(transaction_id), 0) + 1, false) from transaction;
