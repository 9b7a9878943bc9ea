update payment set paid = not paid, last_updated = '2023-05-05 07:55:11.885' where payment_id > 37;
insert into design (design_id, created_at, last_updated, design_name, file_location, file_name)
values (9001, '2020-01-01', '2020-01-01', 'Late', '/lib', 'late.json');
