-- Statement 3: keys shuffled, with gaps, rows in another physical order.
alter table staff drop constraint staff_department_id_fkey;
alter table counterparty drop constraint counterparty_legal_address_id_fkey;
alter table sales_order drop constraint sales_order_agreed_delivery_location_id_fkey;
alter table purchase_order drop constraint purchase_order_agreed_delivery_location_id_fkey;
update department set department_id = 1000 - 7 * department_id;
update staff set department_id = 1000 - 7 * department_id;
update address set address_id = 100000 - 13 * address_id;
update counterparty set legal_address_id = 100000 - 13 * legal_address_id;
update sales_order set agreed_delivery_location_id = 100000 - 13 * agreed_delivery_location_id;
update purchase_order set agreed_delivery_location_id = 100000 - 13 * agreed_delivery_location_id;
create table shuffled as select * from address order by md5(address_id::text);
delete from address;
insert into address overriding system value select * from shuffled;
drop table shuffled;
