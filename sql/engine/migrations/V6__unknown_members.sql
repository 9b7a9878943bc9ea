-- A row whose dimension row is missing may be published meanwhile, with the unknown member in its place. It stays in the quarantine: every run
-- tries it again, until the row that it means is there.
set role starlift_migrator;

alter table etl.quarantine add column unknown_member boolean not null default false;

comment on table etl.quarantine is 'One row for each stay of a row in the quarantine: held back from the warehouse, or published with an unknown member, and tried again by every run until it fits or is gone';
comment on column etl.quarantine.unknown_member is 'Whether the row is published meanwhile, and points to an unknown member where a dimension row is missing';

grant update (unknown_member) on etl.quarantine to starlift_loader;
-- How far each table has been read: for whoever compares the warehouse with its source.
grant select on etl.table_state to starlift_reader;

reset role;
