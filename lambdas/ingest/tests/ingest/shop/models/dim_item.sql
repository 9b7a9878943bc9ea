select item_id, name from item
