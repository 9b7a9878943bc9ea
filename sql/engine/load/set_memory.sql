-- Memory for sorting what is staged and for building indexes: for this transaction only.
select set_config('work_mem', '64MB', true), set_config('maintenance_work_mem', '64MB', true);
