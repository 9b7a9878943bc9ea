-- Indexes for two readers: the merge, which finds the open version of a business key, and BI, which narrows facts by
-- date, partner, design or place. None on keys with a handful of values (currency, kind of payment): a scan is
-- faster there.
set role starlift_migrator;

create index fact_sales_order_sales_order_id_idx on fact_sales_order (sales_order_id);
create index fact_sales_order_created_date_idx on fact_sales_order (created_date);
create index fact_sales_order_agreed_payment_date_idx on fact_sales_order (agreed_payment_date);
create index fact_sales_order_agreed_delivery_date_idx on fact_sales_order (agreed_delivery_date);
create index fact_sales_order_sales_staff_id_idx on fact_sales_order (sales_staff_id);
create index fact_sales_order_counterparty_id_idx on fact_sales_order (counterparty_id);
create index fact_sales_order_design_id_idx on fact_sales_order (design_id);
create index fact_sales_order_agreed_delivery_location_id_idx on fact_sales_order (agreed_delivery_location_id);

create index fact_purchase_order_purchase_order_id_idx on fact_purchase_order (purchase_order_id);
create index fact_purchase_order_created_date_idx on fact_purchase_order (created_date);
create index fact_purchase_order_agreed_payment_date_idx on fact_purchase_order (agreed_payment_date);
create index fact_purchase_order_agreed_delivery_date_idx on fact_purchase_order (agreed_delivery_date);
create index fact_purchase_order_staff_id_idx on fact_purchase_order (staff_id);
create index fact_purchase_order_counterparty_id_idx on fact_purchase_order (counterparty_id);
create index fact_purchase_order_agreed_delivery_location_id_idx on fact_purchase_order (agreed_delivery_location_id);

create index fact_payment_payment_id_idx on fact_payment (payment_id);
create index fact_payment_created_date_idx on fact_payment (created_date);
create index fact_payment_payment_date_idx on fact_payment (payment_date);
create index fact_payment_transaction_id_idx on fact_payment (transaction_id);
create index fact_payment_counterparty_id_idx on fact_payment (counterparty_id);

-- From an order to its payments. A transaction has one of the two ids.
create index dim_transaction_sales_order_id_idx on dim_transaction (sales_order_id)
where sales_order_id is not null;
create index dim_transaction_purchase_order_id_idx on dim_transaction (purchase_order_id)
where purchase_order_id is not null;

reset role;
