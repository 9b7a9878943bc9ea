-- Statement 11: date and time are split exactly, to the microsecond, in no time zone.
update sales_order set created_at = '2023-03-26 01:30:52.000', last_updated = '2023-03-26 01:30:52.100' where sales_order_id = 1;
update sales_order set created_at = '2023-10-29 23:59:59.999', last_updated = '2023-10-30 00:00:00' where sales_order_id = 2;
update sales_order set created_at = '2023-09-24 02:30:00.000001', last_updated = '2023-04-02 02:30:00.999999' where sales_order_id = 3;
