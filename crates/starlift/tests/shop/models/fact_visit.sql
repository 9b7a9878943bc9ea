select visit_id + 0 as visit_no from visit
