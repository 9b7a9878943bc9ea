-- A time that is known as text.
-- $1 the time in RFC 3339
select $1::text::timestamptz as published_at;
