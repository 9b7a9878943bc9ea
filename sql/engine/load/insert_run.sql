-- Notes a publication.
-- $1 the run, $2 its base, $3 its time, $4 whether more is left, $5 the source's position, $6 the models, $7 the answer
insert into etl.run (run, base, published_at, more, source, models, result)
values ($1, $2, $3, $4, $5, $6, $7)
returning number;
