update address set city = 'Ripon' where address_id = 1;
