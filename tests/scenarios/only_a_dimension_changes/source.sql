-- Statement 4: an attribute of a joined table reaches every dimension that shows it; facts get no new version.
update counterparty set legal_address_id = 1 where counterparty_id = 1;
update staff set department_id = 1 where staff_id = 1;
