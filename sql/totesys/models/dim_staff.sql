-- One row for each member of staff, with the department. Somebody whose department is missing keeps the row with
-- nulls, so that it is held back with a reason instead of being lost.
select
    staff.staff_id,
    staff.first_name,
    staff.last_name,
    department.department_name,
    department.location,
    staff.email_address
from staff
left join department on department.department_id = staff.department_id
