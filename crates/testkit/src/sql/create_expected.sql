-- The statement that makes a temporary table for what a view of the oracle expects: the view's columns, without the
-- limits of length and scale that would change a value on its way in.
select format('create temporary table %I (%s)', $1::text, string_agg(format('%I %I', name, type), ', ' order by place))
from unnest($2::text[], $3::text[]) with ordinality as given (name, type, place)
