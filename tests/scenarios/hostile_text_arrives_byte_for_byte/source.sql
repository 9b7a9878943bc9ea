-- Statements 7 and 8: text is text, whatever it looks like.
update address set district = null, address_line_2 = null where address_id = 1;
update address set district = '', address_line_2 = '""' where address_id = 2;
update address set district = 'NULL', address_line_2 = 'null' where address_id = 3;
update address set district = 'None', address_line_2 = 'nan' where address_id = 4;
update address set district = 'NaN', address_line_2 = 'N/A' where address_id = 5;
update address set district = ' ', address_line_2 = '  padded  ' where address_id = 6;
update address set district = '\N', address_line_2 = '\' where address_id = 7;
update address set district = e'\r\n', address_line_2 = e'a\rb\nc\r\nd' where address_id = 8;
update address set district = e'\t', address_line_2 = e'tab\tand\\backslash' where address_id = 9;
update address set district = '"', address_line_2 = 'a "quoted" word, a comma, a '' and $$' where address_id = 10;
update address set district = '''); drop table dim_staff; --', address_line_2 = '$$; drop table dim_staff; $$' where address_id = 11;
update address set district = '💸𝒜e\u0301', address_line_2 = e'\u00e9\u200d\U0001F469\u200d\U0001F680' where address_id = 12;
update address set district = '-', address_line_2 = '=1+1' where address_id = 13;
update address set district = '\.', address_line_2 = 'true' where address_id = 14;
update address set district = e'\\.\n', address_line_2 = repeat('long ', 20000) where address_id = 15;
update counterparty set counterparty_legal_name = e'O''Keefe, "Sons"\n& 💸' where counterparty_id = 1;
update purchase_order set item_code = e'a,"b"\n\\.\nc' where purchase_order_id = 1;
update purchase_order set item_code = '' where purchase_order_id = 2;
