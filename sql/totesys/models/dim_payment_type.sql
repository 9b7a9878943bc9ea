-- One row for each kind of payment: receipts, refunds and payments of sales and purchases.
select
    payment_type_id,
    payment_type_name
from payment_type
