-- Statement 20: rows that share one last_updated, some before a run and some after it, all arrive once.
select 1;
