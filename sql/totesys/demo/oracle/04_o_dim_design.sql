create view o_dim_design as
select design_id, design_name, file_location, file_name
from design;
