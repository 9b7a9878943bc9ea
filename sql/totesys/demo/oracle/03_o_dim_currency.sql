create view o_dim_currency as
select
    currency_id,
    currency_code,
    case currency_code when 'GBP' then 'Pound Sterling' when 'USD' then 'US Dollar' when 'EUR' then 'Euro' end
        as currency_name
from currency;
