-- The statement that counts the rows which the first relation has and the second has not, and names two of their keys.
select
    format(
        'select count(*), min(%1$I::text), max(%1$I::text) '
        'from (select %2$s from %3$I except all select %2$s from %4$I) as surplus',
        ($3::text[])[1], string_agg(format('%I', name), ', ' order by place), $1::text, $2::text
    )
from unnest($3::text[]) with ordinality as given (name, place)
