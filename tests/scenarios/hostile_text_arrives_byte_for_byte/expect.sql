select 'null became text' as wrong where (select district from dim_location where location_id = 1) is not null;
select 'empty text became null' as wrong where (select district from dim_location where location_id = 2) is null;
select 'a table is gone' as wrong where to_regclass('public.dim_staff') is null;
