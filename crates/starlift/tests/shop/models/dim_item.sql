select item_id, name, upper(name) as title from item
