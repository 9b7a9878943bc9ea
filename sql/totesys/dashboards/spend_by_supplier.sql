-- What was bought from whom: orders and spend of each supplier, by year and currency.
select
    ordered.year,
    dim_counterparty.counterparty_legal_name as supplier,
    dim_counterparty.counterparty_legal_country as country,
    dim_currency.currency_code,
    count(*) as orders,
    sum(purchase.item_quantity) as items,
    sum(purchase.item_quantity * purchase.item_unit_price) as spend
from current_purchase_order as purchase
join dim_date as ordered on ordered.date_id = purchase.created_date
join dim_counterparty on dim_counterparty.counterparty_id = purchase.counterparty_id
join dim_currency on dim_currency.currency_id = purchase.currency_id
group by ordered.year, dim_counterparty.counterparty_id, dim_currency.currency_code
order by ordered.year desc, dim_currency.currency_code, spend desc;
