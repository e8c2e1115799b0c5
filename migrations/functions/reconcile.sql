-- No punch missing: our count of what a terminal delivered beside its own, window by window, and
-- what is short asked for again. reconcile_advance() goes on with everything under way; all state is
-- in the rows, so any process may do the next step.

-- ------------------------------------------------------------------ our count

create or replace function punch_aside_keep(sns text[], times timestamp[], keys text[])
	returns void language sql as $$
	insert into punch_aside (sn, punch_time, key)
	select distinct * from unnest(sns, times, keys) order by 1, 2, 3
	on conflict do nothing
$$;

-- Keys that a tombstone kept out: delivered all the same. Punches that were variants count there.
create or replace function punch_bury(pins int[], times timestamp[], origins int[])
	returns void language sql as $$
	insert into punch_aside (sn, punch_time, key)
	select distinct o.sn, n.punch_time, 'p' || n.pin_id
	from unnest(pins, times, origins) as n (pin_id, punch_time, origin_id)
	join punch_tombstone d on d.pin_id = n.pin_id and d.punch_time = n.punch_time
	join punch_origin o on o.id = n.origin_id
	where not exists (select from punch_variant v
		where v.pin_id = n.pin_id and v.punch_time = n.punch_time and v.sn = o.sn)
		-- nor one that has expired
		and not exists (select from punch_aside a where a.sn = o.sn
			and a.punch_time = n.punch_time and a.key like 'v' || n.pin_id || '.%')
	order by 1, 2, 3
	on conflict do nothing
$$;

-- What a terminal delivered with these times: stored, merged, tombstoned, rejected. Each part is
-- counted by an index, never by walking the table.
create or replace function punch_delivered(a_sn text, from_time timestamp, to_time timestamp)
	returns bigint language plpgsql stable
	set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
	o int;
	n bigint;
	total bigint;
begin
	select count(*) into total from punch_variant v
	where v.sn = a_sn and v.punch_time >= from_time and v.punch_time <= to_time;
	select total + count(*) into total from punch_aside a
	where a.sn = a_sn and a.punch_time >= from_time and a.punch_time <= to_time;
	-- moved since: counted above by the time that the terminal has
	select total - count(*) into total from punch_shift_row r
	where r.sn = a_sn and r.new_time >= from_time and r.new_time <= to_time and r.state = 'moved';
	for o in select id from punch_origin where sn = a_sn loop
		select count(*) into n from punch p
		where p.origin_id = o and p.punch_time >= from_time and p.punch_time <= to_time;
		total := total + n;
	end loop;
	return total;
end $$;

-- All it ever delivered, rejects without a time and expired ones included.
create or replace function punch_delivered_ever(a_sn text) returns bigint language sql stable as $$
	select punch_delivered(a_sn, '-infinity', 'infinity')
		- (select count(*) from punch_aside where sn = a_sn and key like 'r%')
		+ (select count(*) from reject where sn = a_sn and table_name = 'ATTLOG')
		+ (select count(*) from reject_expired x where x.sn = a_sn and not exists (
			select from reject r where r.sn = x.sn and r.content_hash = x.content_hash))
$$;

-- ------------------------------------------------------------------ start

-- Terminals that know DATA, CHECK, CLEAR, INFO and REBOOT only (adms/words/dialect.c tells them).
create or replace function terminal_few_verbs(t terminal) returns boolean language sql stable as $$
	select coalesce(bool_or(said ilike 'LX35%' or said ilike 'ZLM31%'), false)
	from (values (t.terminal_name), (t.options->>'Platform'), (option_firmware(t.options)),
		((select s.fw_ver from terminal_state s where s.terminal_id = t.id))) v (said)
$$;

create or replace function reconcile_ask(a_run bigint, a_kind text, a_depth int, a_from timestamp,
	a_to timestamp, line text) returns void language sql as $$
	insert into reconciliation_window (reconciliation_id, kind, depth, from_time, to_time, ours,
		command_id)
	select a_run, a_kind, a_depth, a_from, a_to,
		case when a_kind in ('pull', 'resend') then punch_delivered(t.sn, a_from, a_to) end,
		command_add(t.id, coalesce(line, command_window(case a_kind
			when 'sum' then 'VERIFY SUM ATTLOG' else 'DATA QUERY ATTLOG' end, a_from, a_to)),
			interval '6 hours', null)
	from reconciliation r join terminal t on t.id = r.terminal_id where r.id = a_run
$$;

-- Begins a comparison; the one under way when there is one, null when the terminal cannot be
-- compared. A whole one asks month by month for the last year, a nightly one for the last month
-- and all before it.
create or replace function reconcile_start(a_terminal int, whole boolean, by_account int)
	returns bigint language plpgsql as $$
declare
	t terminal%rowtype;
	by_sum boolean;
	run bigint;
	upto timestamp;
	began timestamp;
begin
	perform terminal_stays(a_terminal);
	select * into t from terminal where id = a_terminal and approved and generation <= 5;
	if not found then
		return null;
	end if;
	upto := date_trunc('second', terminal_wall(t.zone, t.fixed_offset, now()));
	by_sum := t.generation >= 3 and not terminal_few_verbs(t) and coalesce((select w.verify_sum
		from terminal_watch w where w.terminal_id = t.id), true);
	insert into reconciliation (terminal_id, from_time, to_time, method, requested_by)
	values (t.id, '2000-01-01', upto, case when by_sum then 'verify_sum' else 'transaction_count' end,
		by_account)
	on conflict (terminal_id) where finished is null do nothing returning id into run;
	if run is null then
		return (select id from reconciliation where terminal_id = t.id and finished is null);
	end if;
	if not by_sum then
		perform reconcile_ask(run, 'info', 0, '-infinity', 'infinity', 'INFO');
	elsif whole then
		began := date_trunc('month', upto) - interval '11 months';
		perform reconcile_ask(run, 'sum', 0, m, least(m + interval '1 month' - interval '1 second',
			upto), null)
		from generate_series(began, upto, interval '1 month') m order by m desc;
		perform reconcile_ask(run, 'sum', 0, '2000-01-01', began - interval '1 second', null);
	else
		began := date_trunc('day', upto) - interval '31 days';
		perform reconcile_ask(run, 'sum', 0, began, upto, null);
		perform reconcile_ask(run, 'sum', 0, '2000-01-01', began - interval '1 second', null);
	end if;
	return run;
end $$;

-- The terminals whose night it is: `minute` of the day on their own clocks, spread over an hour.
-- Those not heard of are looked at again for four hours.
create or replace function reconcile_nightly(minute int) returns int language plpgsql as $$
declare
	due record;
	n int := 0;
begin
	if not pg_try_advisory_xact_lock(7263011) then
		return 0;
	end if;
	for due in
		select t.id, l.wall::date as night from terminal t
		join terminal_watch w on w.terminal_id = t.id
		join terminal_state s on s.terminal_id = t.id,
		lateral (select terminal_wall(t.zone, t.fixed_offset, now())
			- make_interval(mins => minute + t.id * 37 % 60) as wall) l
		where t.approved and l.wall::time < '04:00' and w.night is distinct from l.wall::date
			and s.last_activity > now() - make_interval(secs => greatest(3 * t.heartbeat, 120))
		order by t.id limit 1000
	loop
		perform reconcile_start(due.id, false, null);
		update terminal_watch set night = due.night where terminal_id = due.id;
		n := n + 1;
	end loop;
	delete from reconciliation where started < now() - interval '90 days';
	return n;
end $$;

-- ------------------------------------------------------------------ going on

create or replace function reconcile_known(a_terminal int, a_from timestamp, a_to timestamp)
	returns bigint language sql stable as $$
	select coalesce(sum(missing), 0)::bigint from reconciliation_shortfall
	where terminal_id = a_terminal and day >= a_from::date and day <= a_to::date
$$;

-- What a pull left missing is told once, and again only when it has grown.
create or replace function reconcile_short(a_terminal int, a_day date, short bigint)
	returns void language plpgsql as $$
declare
	known bigint := (select missing from reconciliation_shortfall
		where terminal_id = a_terminal and day = a_day);
begin
	if short <= 0 then
		delete from reconciliation_shortfall where terminal_id = a_terminal and day = a_day;
		return;
	end if;
	insert into reconciliation_shortfall (terminal_id, day, missing) values (a_terminal, a_day, short)
	on conflict (terminal_id, day) do update set missing = excluded.missing, since = now()
		where reconciliation_shortfall.missing <> excluded.missing;
	if short > coalesce(known, 0) then
		perform alert_raise(a_terminal, 'punches_missing', '', format(
			'the terminal counts %s punches more than it delivers%s', short,
			case when isfinite(a_day) then to_char(a_day, ', on YYYY-MM-DD') else '' end));
	end if;
end $$;

-- A window that is short becomes smaller ones; a day is asked for.
create or replace function reconcile_split(a_run bigint, a_depth int, a_from timestamp,
	a_to timestamp) returns void language plpgsql as $$
declare
	step interval := case when a_to - a_from > interval '366 days' then interval '1 year'
		when a_to - a_from > interval '31 days' then interval '1 month' else interval '1 day' end;
begin
	if a_to - a_from < interval '1 day' then
		perform reconcile_ask(a_run, 'pull', a_depth + 1, a_from, a_to, null);
		return;
	end if;
	perform reconcile_ask(a_run, 'sum', a_depth + 1, p, least(p + step - interval '1 second', a_to),
		null)
	from generate_series(a_from, a_to, step) p order by p desc;
end $$;

-- The answer to VERIFY SUM; null: the terminal does not know it.
create or replace function reconcile_sum(value int, returned text, knows boolean) returns bigint
	language sql immutable as $$
	select case when value >= 0 then substring(returned from 'AttlogSum=([0-9]{1,9})')::bigint
		when value = -1 and knows then 0 end
$$;

create or replace function reconcile_summed(r reconciliation, w reconciliation_window,
	theirs_now bigint) returns void language plpgsql as $$
declare
	ours_now bigint := (select punch_delivered(t.sn, w.from_time, w.to_time) from terminal t
		where t.id = r.terminal_id);
begin
	update terminal_watch set verify_sum = true
	where terminal_id = r.terminal_id and verify_sum is distinct from true;
	update reconciliation_window set done = true, ours = ours_now, theirs = theirs_now
	where id = w.id;
	if theirs_now - ours_now > reconcile_known(r.terminal_id, w.from_time, w.to_time) then
		perform reconcile_split(r.id, w.depth, w.from_time, w.to_time);
	elsif w.to_time - w.from_time < interval '1 day' then
		perform reconcile_short(r.terminal_id, w.from_time::date, theirs_now - ours_now);
	end if;
end $$;

-- The rows of a pull were stored before the terminal said that it is done.
create or replace function reconcile_pulled(r reconciliation, w reconciliation_window)
	returns void language plpgsql as $$
declare
	ours_now bigint := (select punch_delivered(t.sn, w.from_time, w.to_time) from terminal t
		where t.id = r.terminal_id);
	counted bigint := (select s.theirs from reconciliation_window s
		where s.reconciliation_id = r.id and s.kind = 'sum' and s.from_time = w.from_time
			and s.to_time = w.to_time order by s.id desc limit 1);
begin
	update reconciliation_window set done = true, theirs = counted, ours = ours_now where id = w.id;
	update reconciliation set pulled = pulled + 1, gained = gained + ours_now - w.ours
	where id = r.id;
	if counted is not null then
		perform reconcile_short(r.terminal_id, w.from_time::date, counted - ours_now);
	end if;
end $$;

-- No VERIFY SUM at this terminal: remembered, and compared by its whole count instead.
create or replace function reconcile_by_count(r reconciliation) returns void language sql as $$
	update terminal_watch set verify_sum = false where terminal_id = r.terminal_id;
	update terminal_command set state = 'cancelled', finished = now()
	where state = 'queued' and id in (select command_id from reconciliation_window
		where reconciliation_id = r.id and not done);
	delete from reconciliation_window where reconciliation_id = r.id;
	update reconciliation set method = 'transaction_count' where id = r.id;
	select reconcile_ask(r.id, 'info', 0, '-infinity', 'infinity', 'INFO');
$$;

create or replace function reconcile_end(r reconciliation, a_outcome text) returns void
	language plpgsql as $$
declare
	short bigint := (select sum(missing) from reconciliation_shortfall
		where terminal_id = r.terminal_id);
begin
	update reconciliation x set finished = now(), outcome = a_outcome, missing = coalesce(short, 0),
		ours = case when x.method = 'verify_sum' then (select punch_delivered(t.sn, x.from_time,
				x.to_time) from terminal t where t.id = x.terminal_id)
			else (select punch_delivered_ever(t.sn) from terminal t where t.id = x.terminal_id) end,
		theirs = case when x.method = 'verify_sum' then (select sum(w.theirs)
				from reconciliation_window w
				where w.reconciliation_id = x.id and w.kind = 'sum' and w.depth = 0)
			else x.theirs end
	where x.id = r.id;
	-- what nobody waits for any more
	update terminal_command set state = 'cancelled', finished = now()
	where state = 'queued' and id in (select command_id from reconciliation_window
		where reconciliation_id = r.id);
	-- and what every night would leave behind
	delete from terminal_command where state = 'done' and content ~ '^(VERIFY|INFO)\M'
		and id in (select command_id from reconciliation_window where reconciliation_id = r.id);
end $$;

create or replace function reconcile_pull_ever(r reconciliation, a_generation int)
	returns void language plpgsql as $$
declare
	today timestamp := date_trunc('day', r.to_time);
begin
	if a_generation < 3 then
		-- old ones upload a table again when its stamp is 0
		perform stamps_forget(r.terminal_id, array['ATTLOG']);
		perform reconcile_ask(r.id, 'resend', 0, '-infinity', 'infinity', 'CHECK');
	elsif r.stage = 0 then
		perform reconcile_ask(r.id, 'pull', 0, d, d + interval '1 day' - interval '1 second', null)
		from generate_series(today - interval '31 days', today, interval '1 day') d order by d desc;
	elsif r.stage = 1 then
		perform reconcile_ask(r.id, 'pull', 0, today - make_interval(days => 31 * m + 31),
			today - make_interval(days => 31 * m) - interval '1 second', null)
		from generate_series(1, 12) m;
	else
		perform reconcile_ask(r.id, 'pull', 0, '2000-01-01',
			today - interval '403 days' - interval '1 second', null);
	end if;
	update reconciliation set stage = stage + 1 where id = r.id;
end $$;

-- Everything asked for so far is answered, of a terminal that only says how many it holds.
create or replace function reconcile_counted(r reconciliation) returns void language plpgsql as $$
declare
	t terminal%rowtype;
	short bigint;
	known bigint := coalesce((select missing from reconciliation_shortfall
		where terminal_id = r.terminal_id and day = '-infinity'), 0);
begin
	select * into t from terminal where id = r.terminal_id;
	if r.stage = 0 then
		update reconciliation set theirs = (select transaction_count from terminal_state
			where terminal_id = r.terminal_id) where id = r.id returning * into r;
	end if;
	short := r.theirs - punch_delivered_ever(t.sn);
	if short is null then
		perform reconcile_end(r, 'unsupported');
	elsif short <= 0 or short < known then
		perform reconcile_short(r.terminal_id, '-infinity', short);
		perform reconcile_end(r, case when r.stage > 0 and short <= 0 then 'repaired'
			when short <= 0 then 'equal' else 'known_shortfall' end);
	elsif short = known then
		perform reconcile_end(r, case when r.stage > 0 then 'repaired' else 'known_shortfall' end);
	elsif r.stage < (case when t.generation < 3 then 1 else 3 end) then
		perform reconcile_pull_ever(r, t.generation);
	else
		perform reconcile_short(r.terminal_id, '-infinity', short);
		perform reconcile_end(r, 'shortfall');
	end if;
end $$;

create or replace function reconcile_verified(r reconciliation) returns void language sql as $$
	select reconcile_end(r, case
		when bool_or(w.kind = 'pull' and w.theirs > w.ours) then 'shortfall'
		when bool_or(w.kind = 'pull') then 'repaired'
		when exists (select from reconciliation_shortfall s where s.terminal_id = r.terminal_id
			and isfinite(s.day)) then 'known_shortfall'
		else 'equal' end)
	from reconciliation_window w where w.reconciliation_id = r.id
$$;

-- Uploads after stamp 0 have no end that the terminal tells: over when nothing is missing any more,
-- or when nothing came for ten minutes.
create or replace function reconcile_resent(r reconciliation, asked timestamptz) returns boolean
	language sql stable as $$
	select punch_delivered_ever(t.sn) >= r.theirs
		or greatest(asked, s.push_time) < now() - interval '10 minutes'
	from terminal t join terminal_state s on s.terminal_id = t.id where t.id = r.terminal_id
$$;

-- What became of one question. False: the comparison ended, or begins anew by count.
create or replace function reconcile_answer(r reconciliation, w reconciliation_window,
	c terminal_command) returns boolean language plpgsql as $$
declare
	theirs_now bigint;
begin
	if c.id is null or c.state in ('expired', 'cancelled') or c.return_value in (-3, -1005, -1007)
		or (c.return_value is null and c.state = 'failed') then
		perform reconcile_end(r, 'unanswered');
		return false;
	end if;
	case w.kind
	when 'sum' then
		theirs_now := reconcile_sum(c.return_value, c.returned, (select x.verify_sum
			from terminal_watch x where x.terminal_id = r.terminal_id));
		if theirs_now is null then
			perform reconcile_by_count(r);
			return false;
		end if;
		perform reconcile_summed(r, w, theirs_now);
	when 'pull' then
		perform reconcile_pulled(r, w);
	when 'resend' then
		if reconcile_resent(r, c.finished) then
			perform reconcile_pulled(r, w);
		end if;
	else
		update reconciliation_window set done = true where id = w.id;
	end case;
	return true;
end $$;

create or replace function reconcile_look(r reconciliation) returns void language plpgsql as $$
declare
	w reconciliation_window%rowtype;
	c terminal_command%rowtype;
begin
	for w in select * from reconciliation_window
		where reconciliation_id = r.id and not done order by id
	loop
		select * into c from terminal_command where id = w.command_id;
		continue when c.state in ('queued', 'sent');
		if not reconcile_answer(r, w, c) then
			return;
		end if;
	end loop;
	if exists (select from reconciliation_window where reconciliation_id = r.id and not done) then
		return;
	end if;
	select * into r from reconciliation where id = r.id;
	if r.method = 'verify_sum' then
		perform reconcile_verified(r);
	else
		perform reconcile_counted(r);
	end if;
end $$;

-- Every few seconds, by one process at a time. Returns how many are under way.
create or replace function reconcile_advance() returns int language plpgsql as $$
declare
	r reconciliation%rowtype;
begin
	if not pg_try_advisory_xact_lock(7263011) then
		return 0;
	end if;
	for r in select * from reconciliation where finished is null order by looked limit 200 loop
		perform terminal_stays(r.terminal_id);
		update reconciliation set looked = now() where id = r.id;
		continue when not found;
		perform reconcile_look(r);
	end loop;
	return (select count(*) from reconciliation where finished is null);
end $$;
