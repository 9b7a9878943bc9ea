-- After rows have been written with ids of their own: the next id of every table is above all that are there.
select
    setval(pg_get_serial_sequence('address', 'address_id'), (select coalesce(max(address_id), 0) + 1 from address), false),
    setval(pg_get_serial_sequence('counterparty', 'counterparty_id'), (select coalesce(max(counterparty_id), 0) + 1 from counterparty), false),
    setval(pg_get_serial_sequence('currency', 'currency_id'), (select coalesce(max(currency_id), 0) + 1 from currency), false),
    setval(pg_get_serial_sequence('department', 'department_id'), (select coalesce(max(department_id), 0) + 1 from department), false),
    setval(pg_get_serial_sequence('design', 'design_id'), (select coalesce(max(design_id), 0) + 1 from design), false),
    setval(pg_get_serial_sequence('payment', 'payment_id'), (select coalesce(max(payment_id), 0) + 1 from payment), false),
    setval(pg_get_serial_sequence('payment_type', 'payment_type_id'), (select coalesce(max(payment_type_id), 0) + 1 from payment_type), false),
    setval(pg_get_serial_sequence('purchase_order', 'purchase_order_id'), (select coalesce(max(purchase_order_id), 0) + 1 from purchase_order), false),
    setval(pg_get_serial_sequence('sales_order', 'sales_order_id'), (select coalesce(max(sales_order_id), 0) + 1 from sales_order), false),
    setval(pg_get_serial_sequence('staff', 'staff_id'), (select coalesce(max(staff_id), 0) + 1 from staff), false),
    setval(pg_get_serial_sequence('transaction', 'transaction_id'), (select coalesce(max(transaction_id), 0) + 1 from transaction), false);
