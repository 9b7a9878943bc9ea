select 'the order has other versions' as wrong
where (
    select array_agg(is_deleted order by sales_record_id) is distinct from '{t,f,f}'
        or array_agg(is_current order by sales_record_id) is distinct from '{f,f,t}'
        or bool_or(valid_to is null and not is_current)
    from history_sales_order
    where sales_order_id = 3
);
select 'the deletion has no time of its own' as wrong
where exists (
    select from history_sales_order as gone
    join etl.run on run.published_at = gone.valid_to
    where gone.sales_order_id = 3 and gone.is_deleted and run.number <> 2
);
select 'the payment is still shown' as wrong where exists (select from current_payment where payment_id = 1);
select 'the payment has no version that ended by deletion' as wrong
where not exists (select from history_payment where payment_id = 1 and is_deleted and valid_to is not null);
