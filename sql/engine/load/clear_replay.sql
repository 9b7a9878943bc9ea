-- Forgets the replay that was begun last.
delete from etl.replay;
