-- A transaction and a schema for the oracle's views, both to be rolled back.
begin transaction isolation level repeatable read;
create schema starlift_oracle;
set local search_path = starlift_oracle, public
