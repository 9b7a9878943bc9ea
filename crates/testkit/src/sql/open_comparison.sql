-- A transaction for the comparison, to be rolled back. Sorting spills to disk where hashing would take memory.
begin transaction isolation level repeatable read;
set local enable_hashagg = off
