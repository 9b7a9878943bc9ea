-- Statement 10: ids stay integers beside nulls, up to the largest.
insert into sales_order
    (sales_order_id, created_at, last_updated, design_id, staff_id, counterparty_id, units_sold, unit_price, currency_id,
     agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id)
values (2147483647, '2023-01-02 09:00:00', '2023-01-02 09:00:00', 1, 1, 1, 2147483647, 2.5, 1, '2023-01-05', '2023-01-05', 1);
insert into transaction (transaction_id, transaction_type, sales_order_id, purchase_order_id)
values (2147483647, 'SALE', 2147483647, null), (2147483646, 'SALE', null, null);
