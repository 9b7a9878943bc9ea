update department set location = 'Hull' where department_id = 993;
update address set city = 'Ripon' where address_id = 99987;
