select date_id from dim_date
where (year, month, day) is distinct from (extract(year from date_id), extract(month from date_id), extract(day from date_id))
   or day_of_week is distinct from extract(isodow from date_id)
   or quarter is distinct from extract(quarter from date_id)
   or day_name is distinct from to_char(date_id, 'FMDay')
   or month_name is distinct from to_char(date_id, 'FMMonth');
select 'not 400 years without a gap' as wrong
where (select count(*) from dim_date) <> date '2299-12-31' - date '1900-01-01' + 1;
