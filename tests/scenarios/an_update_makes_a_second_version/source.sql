-- Statements 14 and 15: an update makes one new version, whether last_updated moves or not.
select 1;
