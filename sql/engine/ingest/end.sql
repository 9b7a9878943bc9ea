-- Ends the transaction of a run and gives its locks back.
commit;
