-- Whether a server has a role of this name.
select to_regrole(quote_ident($1)) is not null as found;
