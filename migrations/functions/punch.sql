-- Who writes or deletes punches holds this lock to the end of the transaction: it makes ids and
-- upload times dense and ordered over all processes (contract: in order).
create or replace function punch_lock() returns void language sql as $$
	select pg_advisory_xact_lock(7263001)
$$;

-- For transactions that may find everything as it should be, write nothing, and are acknowledged all
-- the same: what they found may be committed here and on no standby yet (the wait for it was cut
-- short). With this they have something to commit, behind all that; so they wait for it too. Where
-- no standby is waited for it does nothing.
create or replace function commit_everywhere() returns void language plpgsql as $$
begin
	if current_setting('synchronous_standby_names') <> '' then
		perform pg_logical_emit_message(true, 'punchd', '');
	end if;
end $$;

-- Stores punches that are new; arrays of equal length, no key twice. Returns how many were stored;
-- behind it, when that is some but not all, the places (from 1) of those that were. A punch that
-- loses against an existing one with other content is kept aside.
--
-- The arrays are unnested side by side in select lists: unnest() of several arrays in FROM writes
-- each to a tuple store first. Plans are made once, because planning a small write costs more than
-- the write; so one made for a small table must serve a large one: never a scan of the table, and
-- keys are compared as rows, which only punch_key can serve. (With = the planner takes punch_time
-- as soon as the times it has seen are distinct, and then reads everybody's punch of that second.)
-- Nested loops also keep the order of the arrays, which numbers relies on.
create or replace function punch_store_lines(pins int[], times timestamp[], origins int[],
	offsets smallint[], states smallint[], verifies smallint[], masks smallint[],
	temperatures real[], codes text[], rests bytea[]) returns int[] language plpgsql
	set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off
	set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
declare
	base bigint;
	stamp timestamptz;
	stored int;
	numbers bigint[]; -- 1, 2, ... of those that are new, null of the others
	losers boolean;	  -- some of the others say something else than what is stored
	buried boolean;	  -- some of the others have a tombstone
	erased boolean := false; -- some of those are of people who were erased
begin
	perform punch_lock();
	if exists (select from pin where erased_up_to is not null) then
		erased := punch_erased(pins, times);
	end if;
	select last_id, greatest(last_upload, clock_timestamp()) into base, stamp from punch_counter;
	select array_agg(case when k.fresh then k.nr end), bool_or(k.loses), bool_or(k.buried)
	into numbers, losers, buried
	from (
		select f.fresh, f.loses, f.buried, count(*) filter (where f.fresh) over (rows unbounded preceding) as nr
		from (
			select p.pin_id is null and d.pin_id is null as fresh,
				p.pin_id is not null
				and (n.origin_id, n.state, n.verify, coalesce(n.code, '')) is distinct from
					(p.origin_id, p.punch_state, p.verify_type, coalesce(p.work_code, '')) as loses,
				d.pin_id is not null as buried
			from (select unnest(pins) as pin_id, unnest(times) as punch_time,
					unnest(origins) as origin_id, unnest(states) as state,
					unnest(verifies) as verify, unnest(codes) as code) n
			left join punch p on (p.pin_id, p.punch_time) >= (n.pin_id, n.punch_time)
				and (p.pin_id, p.punch_time) <= (n.pin_id, n.punch_time)
			left join punch_tombstone d
				on d.pin_id = n.pin_id and d.punch_time = n.punch_time) f) k;
	insert into punch (id, upload_time, punch_time, pin_id, origin_id, tz_offset, punch_state,
		verify_type, is_mask, temperature, work_code, rest)
	select base + n.nr, stamp + n.nr * interval '1 microsecond', n.punch_time, n.pin_id,
		n.origin_id, n.tz_offset, n.state, n.verify, n.mask, n.temperature, n.code, n.rest
	from (select unnest(numbers) as nr, unnest(times) as punch_time, unnest(pins) as pin_id,
			unnest(origins) as origin_id, unnest(offsets) as tz_offset,
			unnest(states) as state, unnest(verifies) as verify, unnest(masks) as mask,
			unnest(temperatures) as temperature, unnest(codes) as code,
			unnest(rests) as rest) n
	where n.nr is not null;
	get diagnostics stored = row_count;
	if stored > 0 then
		update punch_counter set last_id = base + stored, total = total + stored,
			last_upload = stamp + stored * interval '1 microsecond';
		insert into punch_block (block, n)
		select b, least(base + stored, (b << 13) + 8191) - greatest(base, (b << 13) - 1)
		from generate_series((base + 1) >> 13, (base + stored) >> 13) b
		on conflict (block) do update set n = punch_block.n + excluded.n;
	end if;
	if losers then
		perform punch_lose(pins, times, origins, offsets, states, verifies, codes, rests);
	end if;
	if buried then
		perform punch_bury(pins, times, origins);
	end if;
	if erased then
		perform punch_erased_done(pins);
	end if;
	if stored = 0 then
		perform commit_everywhere();
	end if;
	if stored > 0 and stored < cardinality(pins) then
		return stored || (select array_agg(place::int)
			from unnest(numbers) with ordinality n (nr, place) where nr is not null);
	end if;
	return array[stored];
end $$;

-- Both, in this order: the winners of what loses may be in this very write.
create or replace function punch_store_and_lose(pins int[], times timestamp[], origins int[],
	offsets smallint[], states smallint[], verifies smallint[], masks smallint[],
	temperatures real[], codes text[], rests bytea[], lost_pins int[], lost_times timestamp[],
	lost_origins int[], lost_offsets smallint[], lost_states smallint[], lost_verifies smallint[],
	lost_codes text[], lost_rests bytea[]) returns int[] language plpgsql as $$
declare
	stored int[] := punch_store_lines(pins, times, origins, offsets, states, verifies, masks,
		temperatures, codes, rests);
begin
	perform punch_lose(lost_pins, lost_times, lost_origins, lost_offsets, lost_states,
		lost_verifies, lost_codes, lost_rests);
	return stored;
end $$;

-- Keeps aside those of the given punches whose key is taken by one with another terminal, state,
-- verify type or work code; each once. Returns 0, which processes before 0.2.0 append to the answer.
create or replace function punch_lose(pins int[], times timestamp[], origins int[],
	offsets smallint[], states smallint[], verifies smallint[], codes text[], rests bytea[])
	returns int language plpgsql
	set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off
	set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
begin
	insert into punch_variant (pin_id, punch_time, origin_id, sn, tz_offset, punch_state,
		verify_type, work_code, rest)
	select n.pin_id, n.punch_time, n.origin_id, mine.sn, n.tz_offset, n.state, n.verify, n.code,
		n.rest
	from (select unnest(pins) as pin_id, unnest(times) as punch_time,
			unnest(origins) as origin_id, unnest(offsets) as tz_offset,
			unnest(states) as state, unnest(verifies) as verify,
			unnest(codes) as code, unnest(rests) as rest) n
	join punch p on (p.pin_id, p.punch_time) >= (n.pin_id, n.punch_time)
		and (p.pin_id, p.punch_time) <= (n.pin_id, n.punch_time)
	join punch_origin mine on mine.id = n.origin_id
	join punch_origin theirs on theirs.id = p.origin_id
	where mine.sn <> theirs.sn or (n.state, n.verify, coalesce(n.code, '')) is distinct from
		(p.punch_state, p.verify_type, coalesce(p.work_code, ''))
	on conflict do nothing;
	return 0;
end $$;

-- Deletes punches by id, leaves tombstones, keeps the counters. Returns how many were there.
create or replace function punch_delete(ids bigint[]) returns int language plpgsql as $$
declare
	gone int;
begin
	perform punch_lock();
	with dead as (
		delete from punch where id = any(ids) returning id, pin_id, punch_time, origin_id
	), tombs as (
		insert into punch_tombstone select pin_id, punch_time from dead on conflict do nothing
	), aside as (
		insert into punch_aside (sn, punch_time, key)
		select o.sn, d.punch_time, 'p' || d.pin_id from dead d
		join punch_origin o on o.id = d.origin_id on conflict do nothing
	), blocks as (
		update punch_block b set n = b.n - d.n
		from (select id >> 13 as block, count(*)::int as n from dead group by 1) d
		where b.block = d.block
	)
	select count(*) into gone from dead;
	update punch_counter set total = total - gone, deleted = deleted + gone where gone > 0;
	return gone;
end $$;

-- Integer ids of PINs; rows are made for those never seen. In the order of the array.
create or replace function pin_ids(codes text[]) returns int[] language plpgsql
	-- always by the unique key: without statistics the planner takes the trigram index, which
	-- only bitmap scans can use and which needs milliseconds for each PIN
	set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off
	set enable_mergejoin = off as $$
begin
	insert into pin (code)
	select distinct c collate "C" from unnest(codes) c
	where not exists (select from pin where code = c)
	order by 1
	on conflict do nothing;
	return (select array_agg(p.id order by c.ord)
		from unnest(codes) with ordinality c (code, ord) join pin p on p.code = c.code);
end $$;

-- Offset changes of a zone from 2000 to 2060, for processes that compute offsets themselves.
-- First row: the offset before the first change. From PostgreSQL's own zone database.
create or replace function zone_changes(zone text)
	returns table (utc_from bigint, utc_offset int) language plpgsql stable as $$
declare
	day timestamptz := '2000-01-01 00:00+00';
	lo timestamptz;
	hi timestamptz;
	mid timestamptz;
	off_lo interval;
	off_hi interval;
begin
	off_lo := (day at time zone zone) - (day at time zone 'UTC');
	utc_from := -9223372036854775807;
	utc_offset := extract(epoch from off_lo);
	return next;
	while day < '2060-01-01 00:00+00' loop
		lo := day;
		day := day + interval '14 days';
		hi := day;
		off_hi := (hi at time zone zone) - (hi at time zone 'UTC');
		if off_hi <> off_lo then
			while hi - lo > interval '1 second' loop
				mid := date_trunc('second', lo + (hi - lo) / 2);
				if (mid at time zone zone) - (mid at time zone 'UTC') = off_lo then
					lo := mid;
				else
					hi := mid;
				end if;
			end loop;
			utc_from := extract(epoch from hi);
			utc_offset := extract(epoch from off_hi);
			return next;
			off_lo := off_hi;
		end if;
	end loop;
end $$;
