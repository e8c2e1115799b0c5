-- Sealed values that are looked at once, by the program (server/walk.h): one process at a time, which
-- goes on where the last one stopped.

-- The place to go on from; null: it is done, or another process is at it. Whoever has not said for a
-- minute how far it came is thought to be gone. self: a number of the process.
create or replace function walk_take(a_name text, self bigint) returns bigint language sql as $$
	insert into walk (name) values (a_name) on conflict do nothing;
	update walk set taken = clock_timestamp(), taker = self where name = a_name and done is null
		and (taken is null or taker = self or taken < clock_timestamp() - interval '1 minute')
	returning place
$$;

-- With what was written about the rows from one place to another, or what is done again: fails where
-- somebody else has gone on meanwhile. to_place null: there were no more.
create or replace function walk_moved(a_name text, from_place bigint, to_place bigint)
	returns void language plpgsql as $$
begin
	update walk set place = coalesce(to_place, place), taken = null,
		done = case when to_place is null then now() end
	where name = a_name and place = from_place and done is null;
	if not found then
		raise exception 'another process has gone on with %', a_name using errcode = '40001';
	end if;
end $$;

create or replace function walk_done(a_name text) returns boolean language sql stable as $$
	select exists (select from walk where name = a_name and done is not null)
$$;
