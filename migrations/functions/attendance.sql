-- The rules of attendance reports. They are all here, and in words in docs/attendance.md; a change of one
-- is a change of the other.
--
-- A day is the calendar day of punch_time, the terminal's wall clock, midnight to midnight. A
-- punch is a person's as in transactions: what came while the PIN was someone else's is not.
--
-- The table functions are inlined by the planner into the reports' statements, so that each person
-- costs one range of punch_key: they must stay single selects, not strict, without settings.

-- Days with punches. From the index alone.
create or replace function att_days(pin int, unlinked bigint, from_day date, to_day date)
	returns table (day date, first timestamp, last timestamp, punches bigint)
	language sql stable as $$
	select p.punch_time::date, min(p.punch_time), max(p.punch_time), count(*)
	from punch p
	where p.pin_id = pin and p.punch_time >= from_day::timestamp
		and p.punch_time < (to_day + 1)::timestamp and p.id > unlinked
	group by 1
$$;

-- Days with punches, paired. States 0, 3 and 4 go in, 1, 2 and 5 go out; where a rule says the state
-- (att_state.sql), that one counts, and who is between the first and the last punch is inside.
--
-- A day is directed when each of its punches goes in or out, and both occur: then the person is
-- inside from a punch that goes in to the next punch, whatever that is. Of every other day (many
-- terminals send 255, or 0, for all) the punches alternate: first in, second out, third in, ...; a
-- punch less than a minute after the one before repeats it and does not count. Who never went out
-- is inside until the last punch. worked: seconds inside; overtime: those of them that began with
-- state 4. came, went: the first punch in and the last one out behind it; first and last where the
-- punches alternate; went is null when there is none, as on the day whose out ends the night before.
-- So no time from came to went is below 0. complete: the last punch goes out. times: of all punches,
-- "08:00,12:01". What a report does not show is not computed.
create or replace function att_cards(pin int, unlinked bigint, from_day date, to_day date)
	returns table (day date, came timestamp, went timestamp, first timestamp, last timestamp,
		worked int, overtime int, punches bigint, complete boolean, times text)
	language sql stable as $$
	select c.day, min(c.t) filter (where c.enters),
		case when max(c.t) filter (where c.leaves) > min(c.t) filter (where c.enters)
			then max(c.t) filter (where c.leaves) end,
		min(c.t), max(c.t),
		coalesce(extract(epoch from sum(c.gap) filter (where c.inside)), 0)::int,
		coalesce(extract(epoch from sum(c.gap) filter (where c.inside and c.state = 4)), 0)::int,
		count(*), bool_or(c.gap is null and not c.inside),
		string_agg(to_char(c.t, 'HH24:MI'), ',') -- in the order of b; sorting each day anew costs much
	from (
		select b.*, case when b.directed then b.state in (0, 3, 4) else b.nr % 2 = 1 end as inside,
			not b.directed or b.state in (0, 3, 4) as enters,
			not b.directed or b.state in (1, 2, 5) as leaves
		from (
			select a.t, a.day, a.state, lead(a.t) over w - a.t as gap,
				count(*) filter (where a.fresh) over (w rows unbounded preceding) as nr,
				bool_and(a.state between 0 and 5) over d and bool_or(a.state in (0, 3, 4)) over d
				and bool_or(a.state in (1, 2, 5)) over d as directed
			from (
				select p.punch_time as t, p.punch_time::date as day,
					coalesce(case when (select punch_state_rules())
						then punch_state_shown(p.origin_id, p.pin_id, p.punch_time, p.punch_state,
							0::smallint)
						else p.punch_state end, 255) as state,
					coalesce(p.punch_time - lag(p.punch_time) over (partition by p.punch_time::date
						order by p.punch_time) >= interval '1 minute', true) as fresh
				from punch p
				where p.pin_id = pin and p.punch_time >= from_day::timestamp
					and p.punch_time < (to_day + 1)::timestamp and p.id > unlinked) a
			window d as (partition by a.day), w as (partition by a.day order by a.t)
			order by a.day, a.t) b) c
	group by c.day
$$;

-- Days of a time card: those on which the person is employed (hired to left), and any other with
-- punches, within from_day to to_day.
create or replace function att_time_card(pin int, unlinked bigint, from_day date, to_day date,
	hired date, left_on date)
	returns table (day date, came timestamp, went timestamp, first timestamp, last timestamp,
		worked int, overtime int, punches bigint, complete boolean)
	language sql stable as $$
	select coalesce(c.day, e.day), c.came, c.went, c.first, c.last, coalesce(c.worked, 0),
		coalesce(c.overtime, 0), coalesce(c.punches, 0), coalesce(c.complete, false)
	from (select hired + i as day from generate_series(0, left_on - hired) i) e
	full join att_cards(pin, unlinked, from_day, to_day) c on c.day = e.day
$$;

-- Holidays of all, or of this department, on the day. (Like the reports' functions inlined, which a
-- function of a single value would not be.)
create or replace function att_holidays_on(a_day date, department int) returns table (id int)
	language sql stable as $$
	select h.id from att_holiday h
	where a_day >= h.start_date and a_day < h.start_date + h.duration_day
		and (h.department_id is null or h.department_id = department)
$$;
drop function if exists att_holiday_on(date, int);

-- Approved leaves that touch the day.
create or replace function att_leaves_on(a_day date, employee int) returns table (id int)
	language sql stable as $$
	select l.id from att_leave l
	where l.employee_id = employee and l.audit_status = 2
		and l.end_time > a_day::timestamp and l.start_time < (a_day + 1)::timestamp
$$;
drop function if exists att_leave_on(date, int);

-- Days of absence: employed, no day of rest (bits of the ISO day of week, 1 Monday to 7 Sunday), no
-- holiday of all or of the person's own department (unless holidays are switched off for the
-- person), not touched by an approved leave, and without any punch.
create or replace function att_absences(employee int, department int, holidays boolean, pin int,
	unlinked bigint, hired date, left_on date, rest int)
	returns table (day date) language sql stable as $$
	select e.day
	from (select hired + i as day from generate_series(0, left_on - hired) i
		except select d.day from att_days(pin, unlinked, hired, left_on) d) e -- a join would be quadratic
	where (rest >> extract(isodow from e.day)::int) & 1 = 0
		and not (holidays and exists (select from att_holidays_on(e.day, department)))
		and not exists (select from att_leaves_on(e.day, employee))
$$;

-- Months with employed days or punches; day is the first of the month. statuses: "MMDD P", a line for
-- each such day: P present (a punch), else L leave, H holiday, R day of rest, A absent.
create or replace function att_statuses(employee int, department int, holidays boolean, pin int,
	unlinked bigint, from_day date, to_day date, hired date, left_on date, rest int)
	returns table (day date, present bigint, absent bigint, on_leave bigint, on_holiday bigint,
		at_rest bigint, statuses text)
	language sql stable as $$
	select date_trunc('month', s.day::timestamp)::date, count(*) filter (where s.status = 'P'),
		count(*) filter (where s.status = 'A'), count(*) filter (where s.status = 'L'),
		count(*) filter (where s.status = 'H'), count(*) filter (where s.status = 'R'),
		string_agg(to_char(s.day, 'MMDD ') || s.status, E'\n' order by s.day)
	from (
		select coalesce(d.day, e.day) as day, case
			when d.day is not null then 'P'
			when exists (select from att_leaves_on(e.day, employee)) then 'L'
			when holidays and exists (select from att_holidays_on(e.day, department)) then 'H'
			when (rest >> extract(isodow from e.day)::int) & 1 = 1 then 'R'
			else 'A' end as status
		from (select hired + i as day from generate_series(0, left_on - hired) i) e
		full join att_days(pin, unlinked, from_day, to_day) d on d.day = e.day) s
	group by 1
$$;

-- Months with punches; day is the first of the month. times: "MMDD 08:00,12:01", a line for each day.
create or replace function att_months(pin int, unlinked bigint, from_day date, to_day date)
	returns table (day date, days bigint, punches bigint, times text)
	language sql stable as $$
	select date_trunc('month', d.day::timestamp)::date, count(*), sum(d.punches)::bigint,
		string_agg(to_char(d.day, 'MMDD ') || d.times, E'\n' order by d.day)
	from (
		select p.punch_time::date as day, count(*) as punches,
			string_agg(to_char(p.punch_time, 'HH24:MI'), ',' order by p.punch_time) as times
		from punch p
		where p.pin_id = pin and p.punch_time >= from_day::timestamp
			and p.punch_time < (to_day + 1)::timestamp and p.id > unlinked
		group by 1) d
	group by 1
$$;

-- ------------------------------------------------------------------ approvals

-- Where punches put in by hand come from: no terminal.
create or replace function manual_origin() returns int language plpgsql as $$
declare
	found_id int;
begin
	select id into found_id from punch_origin where sn = '' and terminal_id is null
		and alias is null and area_id is null and area_alias is null;
	if found_id is null then
		insert into punch_origin (sn) values ('') on conflict do nothing returning id into found_id;
	end if;
	if found_id is null then
		select id into found_id from punch_origin where sn = '' and terminal_id is null
			and alias is null and area_id is null and area_alias is null;
	end if;
	return found_id;
end $$;

-- Makes punches without terminal of those of the given manual logs that are approved and have none
-- yet. Where the person has a punch of that second already, that one stands; a punch that was
-- deleted there before does not keep this one out, since a person asks for it.
create or replace function manual_log_publish(ids int[]) returns void language plpgsql as $$
declare
	pins int[];
	times timestamp[];
	states smallint[];
	codes text[];
	n int;
	origin int := manual_origin();
begin
	perform punch_lock();
	select array_agg(x.pin_id), array_agg(x.punch_time), array_agg(x.punch_state::smallint),
		array_agg(nullif(x.work_code, '')), count(*)
	into pins, times, states, codes, n
	from (select e.pin_id, m.punch_time, m.punch_state, m.work_code
		from manual_log m join employee e on e.id = m.employee_id
		where m.id = any(ids) and m.audit_status = 2 and m.punch_id is null
		order by m.punch_time, m.id) x;
	if n = 0 then
		return;
	end if;
	delete from punch_tombstone t using unnest(pins, times) as k (pin_id, punch_time)
	where t.pin_id = k.pin_id and t.punch_time = k.punch_time;
	perform punch_store_lines(pins, times, array_fill(origin, array[n]),
		array(select (extract(epoch from t - (t at time zone current_setting('TimeZone'))
			at time zone 'UTC') / 60)::smallint from unnest(times) with ordinality u (t, nr)
			order by nr),
		states, array_fill(null::smallint, array[n]), array_fill(null::smallint, array[n]),
		array_fill(null::real, array[n]), codes, array_fill(null::bytea, array[n]));
	update manual_log m set punch_id = p.id
	from employee e, punch p
	where m.id = any(ids) and m.audit_status = 2 and m.punch_id is null and e.id = m.employee_id
		and p.pin_id = e.pin_id and p.punch_time = m.punch_time and p.origin_id = origin;
end $$;

create or replace function manual_log_approved() returns trigger language plpgsql as $$
begin
	perform manual_log_publish(array[new.id]);
	return null;
end $$;
create or replace trigger manual_log_approved after insert or update of audit_status on manual_log
	for each row when (new.audit_status = 2 and new.punch_id is null)
	execute function manual_log_approved();

-- Approves (status 2) or rejects (3) those that are not approved, as account. Returns how many.
create or replace function manual_log_audit(ids int[], account int, reason text, status int)
	returns int language sql as $$
	with done as (
		update manual_log set audit_status = status, audit_time = now(), audit_by = account,
			audit_reason = reason
		where id = any(ids) and audit_status not in (2, status) returning 1)
	select count(*)::int from done
$$;

-- Deletes a manual log and the punch that it made. Returns whether it was there.
create or replace function manual_log_delete(log int) returns boolean language plpgsql as $$
declare
	punch bigint;
begin
	delete from manual_log where id = log returning punch_id into punch;
	if not found then
		return false;
	end if;
	if punch is not null then
		perform punch_delete(array[punch]);
	end if;
	return true;
end $$;

create or replace function att_leave_audit(ids int[], account int, reason text, status int)
	returns int language sql as $$
	with done as (
		update att_leave set audit_status = status, audit_time = now(), audit_by = account,
			audit_reason = reason
		where id = any(ids) and audit_status <> status returning 1)
	select count(*)::int from done
$$;
