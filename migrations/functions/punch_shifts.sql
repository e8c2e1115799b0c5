set local check_function_bodies = off; -- functions may name each other in any order

-- Punches of a clock that was wrong are put right by so many seconds. A punch that is moved is deleted
-- and stored anew: with a new id and upload time, so that whoever remembers the last of either sees it
-- where it belongs now, and with a tombstone of the wrong time, so that its terminal does not bring
-- that back. Each step is a transaction of its own and small, for punches wait for its lock.

-- Those of terminals between two times (as the clocks had them), from a place on: against the direction
-- in which they are moved, so that none is met twice.
create or replace function punch_shift_next(a_sns text[], seconds int, from_time timestamp,
	to_time timestamp, at_time timestamp, at_id bigint, most int)
	returns table (id bigint, punch_time timestamp) language sql stable as $$
	select f.id, f.punch_time
	from punch_origin o
	cross join lateral (
		(select p.id, p.punch_time from punch p
		where seconds < 0 and p.origin_id = o.id and p.punch_time >= from_time
			and p.punch_time <= to_time and (p.punch_time, p.id) > (at_time, at_id)
		order by p.punch_time, p.id limit most)
		union all
		(select p.id, p.punch_time from punch p
		where seconds > 0 and p.origin_id = o.id and p.punch_time >= from_time
			and p.punch_time <= to_time and (p.punch_time, p.id) < (at_time, at_id)
		order by p.punch_time desc, p.id desc limit most)) f
	where o.sn = any(a_sns)
	order by case when seconds < 0 then f.punch_time end, case when seconds < 0 then f.id end,
		f.punch_time desc, f.id desc
	limit most
$$;

-- Which of these punches cannot be moved, and why; back: to where they came from. One that stays is in
-- the way of another. By index: with a limit the planner takes walking the table for cheap.
create or replace function punch_move_judge(ids bigint[], step interval, back boolean)
	returns table (id bigint, why text) language sql stable
	set enable_seqscan = off set enable_bitmapscan = off as $$
	with recursive found as materialized (
		select p.id, p.pin_id, p.punch_time, p.punch_time + step as target
		from unnest(ids) i
		cross join lateral (select x.id, x.pin_id, x.punch_time from punch x where x.id = i limit 1) p
	), judged as materialized (
		select f.*, case
			when f.id <= n.unlinked_up_to then 'of a person who was deleted since'
			when f.target <= n.erased_up_to then 'of somebody who was erased since'
			when not back and exists (select from punch_shift_row r where r.pin_id = f.pin_id
				and r.new_time = f.punch_time and r.state = 'moved') then 'it was moved before'
			when not back and exists (select from punch_tombstone d where d.pin_id = f.pin_id
					and d.punch_time = f.target)
				and not exists (select from punch_shift_row r where r.pin_id = f.pin_id
					and r.old_time = f.target and r.state = 'moved')
				then 'a deleted punch had that time'
			when taken.id is not null and other.id is null then 'another punch has that time'
			when f.target not between '0001-01-01' and '9999-12-31 23:59:59' then 'no such year'
			end as why
		from found f join pin n on n.id = f.pin_id
		left join lateral (select x.id from punch x where (x.pin_id, x.punch_time) >= (f.pin_id, f.target)
			and (x.pin_id, x.punch_time) <= (f.pin_id, f.target) limit 1) taken on true
		left join found other on other.pin_id = f.pin_id and other.punch_time = f.target
	), stays as (
		select j.id, j.pin_id, j.punch_time, j.why from judged j where j.why is not null
		union all
		select j.id, j.pin_id, j.punch_time, 'another punch has that time'
		from stays s join judged j on j.pin_id = s.pin_id and j.target = s.punch_time
		where j.why is null
	)
	select s.id, s.why from stays s
$$;

-- Under the order lock, judged. The offset is that of the terminal's zone at the new time, where the
-- old one was.
create or replace function punch_move(ids bigint[], step interval) returns void language plpgsql as $$
declare
	pins int[];
	times timestamp[];
	origins int[];
	offsets smallint[];
	states smallint[];
	verifies smallint[];
	masks smallint[];
	temperatures real[];
	codes text[];
	rests bytea[];
	who text := current_setting('punchd.actor', true);
begin
	if cardinality(ids) = 0 then
		return;
	end if;
	select array_agg(m.pin_id), array_agg(m.target), array_agg(m.origin_id), array_agg(m.tz_offset),
		array_agg(m.punch_state), array_agg(m.verify_type), array_agg(m.is_mask),
		array_agg(m.temperature), array_agg(m.work_code), array_agg(m.rest)
	into pins, times, origins, offsets, states, verifies, masks, temperatures, codes, rests
	from (
		select p.pin_id, p.punch_time + step as target, p.origin_id,
			case when p.tz_offset = zone_offset_at(t.zone, t.fixed_offset, p.punch_time)
				then zone_offset_at(t.zone, t.fixed_offset, p.punch_time + step)
				else p.tz_offset end as tz_offset,
			p.punch_state, p.verify_type, p.is_mask, p.temperature, p.work_code, p.rest
		from punch p join punch_origin o on o.id = p.origin_id
		left join terminal t on t.id = o.terminal_id
		where p.id = any(ids)
		order by p.punch_time, p.id) m;
	perform set_config('punchd.actor', '', true); -- one line in the audit log for all of them
	perform punch_delete(ids);
	delete from punch_tombstone d using unnest(pins, times) as u (pin_id, punch_time)
	where d.pin_id = u.pin_id and d.punch_time = u.punch_time; -- from where another was moved
	perform punch_store_lines(pins, times, origins, offsets, states, verifies, masks, temperatures,
		codes, rests);
	perform set_config('punchd.actor', coalesce(who, ''), true);
end $$;

create or replace function zone_offset_at(zone text, fixed_offset int, wall timestamp)
	returns smallint language sql stable as $$
	select coalesce(fixed_offset, extract(epoch from (wall at time zone 'UTC')
		- (wall at time zone zone)) / 60)::smallint
$$;

-- ------------------------------------------------------------------ there

-- What would become of them: at most 1,000 that stay are told.
create or replace function punch_shift_try(a_sns text[], a_seconds int, from_time timestamp,
	to_time timestamp, most int) returns json language plpgsql stable as $$
declare
	ids bigint[] := array(select n.id from punch_shift_next(a_sns, a_seconds, from_time, to_time,
		case when a_seconds < 0 then '-infinity' else 'infinity' end::timestamp, 0, most) n);
begin
	return (
		with stays as materialized (
			select s.id, s.why from punch_move_judge(ids, make_interval(secs => a_seconds), false) s)
		select json_build_object('shift', null, 'found', cardinality(ids),
			'moved', cardinality(ids) - (select count(*) from stays),
			'stays', (select count(*) from stays),
			'rows', (select coalesce(json_agg(json_build_object('emp_code', k.code,
				'terminal_sn', k.sn, 'punch_time', to_char(k.punch_time, 'YYYY-MM-DD HH24:MI:SS'),
				'reason', k.why)), '[]')
			from (select n.code, o.sn, p.punch_time, s.why from stays s join punch p on p.id = s.id
				join pin n on n.id = p.pin_id join punch_origin o on o.id = p.origin_id
				order by p.punch_time, n.code limit 1000) k)));
end $$;

create or replace function punch_shift_begin(a_terminals int[], a_seconds int, from_time timestamp,
	to_time timestamp, by_account int) returns int language plpgsql as $$
declare
	made int;
begin
	insert into punch_shift (terminals, sns, seconds, start_time, end_time, at_time, at_id,
		requested_by)
	select a_terminals, array_agg(t.sn order by t.sn), a_seconds, from_time, to_time,
		case when a_seconds < 0 then '-infinity' else 'infinity' end::timestamp, 0, by_account
	from terminal t where t.id = any(a_terminals)
	returning id into made;
	perform audit_note('shift', 'punch_shift', made, to_jsonb(h) - array['at_time', 'at_id'])
	from punch_shift h where h.id = made;
	return made;
end $$;

-- Moves the next ones. False: there are no more.
create or replace function punch_shift_step(a_shift int, most int) returns boolean
	language plpgsql as $$
declare
	s punch_shift%rowtype;
	ids bigint[];
	movers bigint[];
	step interval;
begin
	perform punch_lock();
	select * into s from punch_shift where id = a_shift and finished is null for update;
	if not found then
		return false;
	end if;
	step := make_interval(secs => s.seconds);
	ids := array(select n.id from punch_shift_next(s.sns, s.seconds, s.start_time, s.end_time,
		s.at_time, s.at_id, most) n);
	if cardinality(ids) = 0 then
		update punch_shift set finished = now() where id = a_shift;
		perform audit_note('shifted', 'punch_shift', a_shift,
			punch_shift_told(a_shift, false)::jsonb - 'rows');
		return false;
	end if;
	with judged as (
		select p.id, p.pin_id, p.punch_time, o.sn, j.why
		from punch p join punch_origin o on o.id = p.origin_id
		left join punch_move_judge(ids, step, false) j on j.id = p.id
		where p.id = any(ids)
	), kept as (
		insert into punch_shift_row (shift_id, sn, pin_id, old_time, new_time, state, reason)
		select a_shift, j.sn, j.pin_id, j.punch_time, j.punch_time + step,
			case when j.why is null then 'moved' else 'stays' end, j.why
		from judged j order by j.punch_time, j.id
	)
	select array_agg(j.id) filter (where j.why is null) into movers from judged j;
	update punch_shift h set at_time = p.punch_time, at_id = p.id
	from punch p where h.id = a_shift and p.id = ids[cardinality(ids)];
	perform punch_move(coalesce(movers, '{}'), step);
	return true;
end $$;

-- ------------------------------------------------------------------ and back

-- False: there is no such shift. One that was cut off, or is still under way, ends here.
create or replace function punch_unshift_begin(a_shift int) returns boolean language plpgsql as $$
begin
	update punch_shift set undone = now(), finished = coalesce(finished, now()) where id = a_shift;
	if not found then
		return false;
	end if;
	update punch_shift_row set reason = null where shift_id = a_shift and state = 'moved';
	return true;
end $$;

-- Moves the next ones back. False: there are no more.
create or replace function punch_unshift_step(a_shift int, most int) returns boolean
	language plpgsql as $$
declare
	s punch_shift%rowtype;
	places bigint[];
	ids bigint[];
	movers bigint[];
	done bigint[];
	step interval;
begin
	perform punch_lock();
	select * into s from punch_shift where id = a_shift for update;
	step := make_interval(secs => -s.seconds);
	places := array(select r.id from punch_shift_row r
		where r.shift_id = a_shift and r.state = 'moved' and r.reason is null
		order by case when s.seconds > 0 then r.old_time end, r.old_time desc, r.id limit most);
	if cardinality(places) = 0 then
		-- of those that stay moved: others may have come through there and back
		insert into punch_tombstone
		select r.pin_id, r.old_time from punch_shift_row r
		where r.shift_id = a_shift and r.state = 'moved' and not exists (select from punch p
			where p.pin_id = r.pin_id and p.punch_time = r.old_time) and r.pin_id is not null
		on conflict do nothing;
		insert into punch_aside (sn, punch_time, key)
		select r.sn, r.old_time, 'p' || r.pin_id from punch_shift_row r
		where r.shift_id = a_shift and r.state = 'moved' and r.pin_id is not null
		on conflict do nothing;
		perform audit_note('shifted_back', 'punch_shift', a_shift,
			punch_shift_told(a_shift, true)::jsonb - 'rows');
		return false;
	end if;
	ids := array(select p.id from punch_shift_row r
		join punch p on p.pin_id = r.pin_id and p.punch_time = r.new_time
		join punch_origin o on o.id = p.origin_id and o.sn = r.sn
		where r.id = any(places));
	with judged as (
		select r.id as place, p.id, coalesce(j.why, case when p.id is null then 'it is not there any more'
			end) as why
		from punch_shift_row r
		left join punch p on p.id = any(ids) and p.pin_id = r.pin_id and p.punch_time = r.new_time
		left join punch_move_judge(ids, step, true) j on j.id = p.id
		where r.id = any(places)
	), kept as (
		update punch_shift_row r set reason = j.why,
			state = case when j.why is null then 'undone' else r.state end
		from judged j where r.id = j.place
	)
	select array_agg(j.id) filter (where j.why is null), array_agg(j.place) filter (where j.why is null)
	into movers, done from judged j;
	perform punch_shift_forget(done, true);
	perform punch_move(coalesce(movers, '{}'), step);
	perform punch_shift_forget(done, false);
	return true;
end $$;

-- The tombstones, and what is counted for them, of the old times of these rows, or of the new ones.
create or replace function punch_shift_forget(places bigint[], old boolean) returns void
	language sql as $$
	delete from punch_tombstone d using punch_shift_row r
	where r.id = any(places) and d.pin_id = r.pin_id
		and d.punch_time = case when old then r.old_time else r.new_time end;
	delete from punch_aside a using punch_shift_row r
	where r.id = any(places) and a.sn = r.sn and a.key = 'p' || r.pin_id
		and a.punch_time = case when old then r.old_time else r.new_time end;
$$;

-- ------------------------------------------------------------------ told

create or replace function punch_shift_told(a_shift int, back boolean) returns json
	language sql stable as $$
	select json_build_object('shift', a_shift,
		'found', (select count(*) from punch_shift_row r where r.shift_id = a_shift),
		'moved', (select count(*) from punch_shift_row r where r.shift_id = a_shift
			and r.state = case when back then 'undone' else 'moved' end),
		'stays', (select count(*) from punch_shift_row r where r.shift_id = a_shift
			and r.state = case when back then 'moved' else 'stays' end),
		'rows', (select coalesce(json_agg(json_build_object('emp_code', k.code, 'terminal_sn', k.sn,
			'punch_time', to_char(k.at, 'YYYY-MM-DD HH24:MI:SS'), 'reason', k.reason)), '[]')
		from (select n.code, r.sn, case when back then r.new_time else r.old_time end as at, r.reason
			from punch_shift_row r left join pin n on n.id = r.pin_id
			where r.shift_id = a_shift and r.state = case when back then 'moved' else 'stays' end
			order by r.old_time, n.code limit 1000) k))
$$;
