-- Differences become one sum, see migrations/0011_tally.sql. Two at once do not disturb each other:
-- each sums what it took away itself.
create or replace function tally_fold() returns void language sql as $$
	with many as (select name from tally group by name having count(*) > 32),
		taken as (delete from tally t using many m where t.name = m.name returning t.name, t.n)
	insert into tally (name, n) select name, sum(n) from taken group by name
$$;
