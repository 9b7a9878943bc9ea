-- The time of a publication: after the lock is taken, so times rise as the numbers do.
select clock_timestamp() as published_at;
