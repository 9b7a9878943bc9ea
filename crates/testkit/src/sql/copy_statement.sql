-- The COPY that reads CSV into the given columns of a table.
select format('copy %I (%s) from stdin (format csv)', $1::text, string_agg(format('%I', name), ', ' order by place))
from unnest($2::text[]) with ordinality as given (name, place)
