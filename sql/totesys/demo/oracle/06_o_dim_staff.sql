create view o_dim_staff as
select s.staff_id, s.first_name, s.last_name, d.department_name, d.location, s.email_address
from staff s
left join department d using (department_id);
