-- Opens the transaction of a run. No snapshot is taken yet: that is the first query's doing, after the locks.
begin isolation level repeatable read read only;
