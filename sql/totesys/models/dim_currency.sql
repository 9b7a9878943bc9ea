-- One row for each currency. The source knows no names: they come from the ISO 4217 seed. A code that ISO does not
-- know keeps its row without a name, so that it is held back with a reason instead of being lost.
select
    currency.currency_id,
    currency.currency_code,
    iso_4217.currency_name
from currency
left join iso_4217 on iso_4217.currency_code = currency.currency_code
