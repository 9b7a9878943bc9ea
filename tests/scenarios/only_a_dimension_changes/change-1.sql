update department set location = 'Hull' where department_id = 1;
