-- What each table and column means, for people and for the tools that show it to them.
set role starlift_migrator;

comment on table dim_date is 'One row for each date between the first and the last that any fact refers to';
comment on column dim_date.date_id is 'The date itself';
comment on column dim_date.year is 'Year, four digits';
comment on column dim_date.month is 'Month, 1 to 12';
comment on column dim_date.day is 'Day of the month, 1 to 31';
comment on column dim_date.day_of_week is 'Day of the week by ISO 8601: 1 is Monday, 7 is Sunday';
comment on column dim_date.day_name is 'English name of the day, such as Monday';
comment on column dim_date.month_name is 'English name of the month, such as January';
comment on column dim_date.quarter is 'Quarter of the year, 1 to 4';

comment on table dim_staff is 'One row for each member of staff; the latest values';
comment on column dim_staff.staff_id is 'Key in the source: staff.staff_id';
comment on column dim_staff.first_name is 'First name';
comment on column dim_staff.last_name is 'Last name';
comment on column dim_staff.department_name is 'Name of the department';
comment on column dim_staff.location is 'Where the department is';
comment on column dim_staff.email_address is 'E-mail address at work';

comment on table dim_location is 'One row for each address that goods are delivered to; the latest values';
comment on column dim_location.location_id is 'Key in the source: address.address_id';
comment on column dim_location.address_line_1 is 'First line of the address';
comment on column dim_location.address_line_2 is 'Second line of the address; null when there is none';
comment on column dim_location.district is 'District; null when there is none';
comment on column dim_location.city is 'City';
comment on column dim_location.postal_code is 'Postal code: text, zeros may lead';
comment on column dim_location.country is 'Country';
comment on column dim_location.phone is 'Phone number';

comment on table dim_currency is 'One row for each currency that is dealt in; the latest values';
comment on column dim_currency.currency_id is 'Key in the source: currency.currency_id';
comment on column dim_currency.currency_code is 'Code by ISO 4217, three letters';
comment on column dim_currency.currency_name is 'English name by ISO 4217';

comment on table dim_design is 'One row for each design of a tote bag; the latest values';
comment on column dim_design.design_id is 'Key in the source: design.design_id';
comment on column dim_design.design_name is 'Name of the design; several designs may share one';
comment on column dim_design.file_location is 'Directory of the design file';
comment on column dim_design.file_name is 'Name of the design file';

comment on table dim_counterparty is 'One row for each company that goods are sold to or bought from, with its legal address; the latest values';
comment on column dim_counterparty.counterparty_id is 'Key in the source: counterparty.counterparty_id';
comment on column dim_counterparty.counterparty_legal_name is 'Legal name of the company';
comment on column dim_counterparty.counterparty_legal_address_line_1 is 'First line of the legal address';
comment on column dim_counterparty.counterparty_legal_address_line_2 is 'Second line of the legal address; null when there is none';
comment on column dim_counterparty.counterparty_legal_district is 'District of the legal address; null when there is none';
comment on column dim_counterparty.counterparty_legal_city is 'City of the legal address';
comment on column dim_counterparty.counterparty_legal_postal_code is 'Postal code of the legal address: text, zeros may lead';
comment on column dim_counterparty.counterparty_legal_country is 'Country of the legal address';
comment on column dim_counterparty.counterparty_legal_phone_number is 'Phone number at the legal address';

comment on table dim_payment_type is 'One row for each kind of payment; the latest values';
comment on column dim_payment_type.payment_type_id is 'Key in the source: payment_type.payment_type_id';
comment on column dim_payment_type.payment_type_name is 'SALES_RECEIPT, SALES_REFUND, PURCHASE_PAYMENT or PURCHASE_REFUND';

comment on table dim_transaction is 'One row for each transaction: what a payment is for; the latest values';
comment on column dim_transaction.transaction_id is 'Key in the source: transaction.transaction_id';
comment on column dim_transaction.transaction_type is 'SALE or PURCHASE';
comment on column dim_transaction.sales_order_id is 'Sales order of a sale; null for a purchase';
comment on column dim_transaction.purchase_order_id is 'Purchase order of a purchase; null for a sale';

comment on table fact_sales_order is 'One row for each version of each sales order; current_sales_order has the open ones, history_sales_order tells their times';
comment on column fact_sales_order.sales_record_id is 'Key of the version: rises with every version that is published';
comment on column fact_sales_order.sales_order_id is 'Business key: the order in the source';
comment on column fact_sales_order.created_date is 'Date of creation in the source';
comment on column fact_sales_order.created_time is 'Time of creation in the source, to the millisecond';
comment on column fact_sales_order.last_updated_date is 'Date of the last update that the source noted; it does not note every change';
comment on column fact_sales_order.last_updated_time is 'Time of the last update that the source noted';
comment on column fact_sales_order.sales_staff_id is 'Who made the sale';
comment on column fact_sales_order.counterparty_id is 'Who bought';
comment on column fact_sales_order.units_sold is 'Number of tote bags sold';
comment on column fact_sales_order.unit_price is 'Price of one tote bag, in the currency of the order';
comment on column fact_sales_order.currency_id is 'Currency of the order';
comment on column fact_sales_order.design_id is 'Design of the tote bags';
comment on column fact_sales_order.agreed_payment_date is 'Date that payment is agreed for';
comment on column fact_sales_order.agreed_delivery_date is 'Date that delivery is agreed for';
comment on column fact_sales_order.agreed_delivery_location_id is 'Where to deliver';

comment on table fact_purchase_order is 'One row for each version of each purchase order; current_purchase_order has the open ones, history_purchase_order tells their times';
comment on column fact_purchase_order.purchase_record_id is 'Key of the version: rises with every version that is published';
comment on column fact_purchase_order.purchase_order_id is 'Business key: the order in the source';
comment on column fact_purchase_order.created_date is 'Date of creation in the source';
comment on column fact_purchase_order.created_time is 'Time of creation in the source, to the millisecond';
comment on column fact_purchase_order.last_updated_date is 'Date of the last update that the source noted; it does not note every change';
comment on column fact_purchase_order.last_updated_time is 'Time of the last update that the source noted';
comment on column fact_purchase_order.staff_id is 'Who made the purchase';
comment on column fact_purchase_order.counterparty_id is 'Who sold';
comment on column fact_purchase_order.item_code is 'Code of the item: text, even where it looks like a number';
comment on column fact_purchase_order.item_quantity is 'Number of items bought';
comment on column fact_purchase_order.item_unit_price is 'Price of one item, in the currency of the order';
comment on column fact_purchase_order.currency_id is 'Currency of the order';
comment on column fact_purchase_order.agreed_delivery_date is 'Date that delivery is agreed for';
comment on column fact_purchase_order.agreed_payment_date is 'Date that payment is agreed for';
comment on column fact_purchase_order.agreed_delivery_location_id is 'Where to deliver';

comment on table fact_payment is 'One row for each version of each payment; current_payment has the open ones, history_payment tells their times';
comment on column fact_payment.payment_record_id is 'Key of the version: rises with every version that is published';
comment on column fact_payment.payment_id is 'Business key: the payment in the source; not the same as transaction_id';
comment on column fact_payment.created_date is 'Date of creation in the source';
comment on column fact_payment.created_time is 'Time of creation in the source, to the millisecond';
comment on column fact_payment.last_updated_date is 'Date of the last update that the source noted; it does not note every change';
comment on column fact_payment.last_updated_time is 'Time of the last update that the source noted';
comment on column fact_payment.transaction_id is 'What is paid for';
comment on column fact_payment.counterparty_id is 'Who pays or is paid';
comment on column fact_payment.payment_amount is 'Amount, in the currency of the payment';
comment on column fact_payment.currency_id is 'Currency of the payment';
comment on column fact_payment.payment_type_id is 'Kind of the payment';
comment on column fact_payment.paid is 'Whether the payment has been made';
comment on column fact_payment.payment_date is 'Date that the payment is due or was made';

reset role;
