-- What is still to be paid, by kind of payment, currency and age. Age is counted from the day the warehouse is at, not
-- from today, so that an old copy shows what it showed then.
select
    dim_payment_type.payment_type_name,
    dim_currency.currency_code,
    case
        when payment_date >= as_of then 'not yet due'
        when payment_date >= as_of - 30 then 'overdue up to 30 days'
        when payment_date >= as_of - 90 then 'overdue up to 90 days'
        else 'overdue more than 90 days'
    end as age,
    count(*) as payments,
    sum(payment_amount) as amount,
    min(payment_date) as first_due
from current_payment as payment
cross join (select max(last_updated_date) as as_of from fact_payment) as latest
join dim_payment_type on dim_payment_type.payment_type_id = payment.payment_type_id
join dim_currency on dim_currency.currency_id = payment.currency_id
where not paid
group by 1, 2, 3
order by payment_type_name, currency_code, first_due desc;
