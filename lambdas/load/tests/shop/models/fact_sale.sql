select
    sale_id,
    product_id,
    cast(sold_at as date) as sold_on,
    sold_at,
    units,
    amount,
    note,
    paid
from sale
