select 'location of staff 1' as wrong where (select location from dim_staff where staff_id = 1) is distinct from 'Hull';
select 'city of location 1' as wrong where (select city from dim_location where location_id = 1) is distinct from 'Ripon';
select 'city of counterparty 1' as wrong
where (select counterparty_legal_city from dim_counterparty where counterparty_id = 1) is distinct from 'Ripon';
select 'a fact got a new version' as wrong where exists (select from etl.closed_fact_sales_order);
select 'a fact got a new version' as wrong where (select count(*) from fact_sales_order) <> 50;
select 'a fact got a new version' as wrong where (select count(*) from fact_payment) <> 71;
