-- Notes that no replay is under way any more.
delete from etl.replay;
