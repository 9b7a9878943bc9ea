-- Statement 9: one changed row alone gives no hint of its type; it needs none.
select 1;
