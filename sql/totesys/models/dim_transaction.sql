-- One row for each transaction: of a sale or of a purchase, so one of the two order ids is null.
select
    transaction_id,
    transaction_type,
    sales_order_id,
    purchase_order_id
from transaction
