-- The encoding of a database's text.
select current_setting('server_encoding') as encoding;
