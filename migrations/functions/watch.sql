-- The watch over the fleet: contact, changes of what terminals say of themselves, and what happened
-- at their menus. Alerts are kept here; the process clock calls watch_states().

-- One alert per terminal, kind and subject is open; repetitions count, but none within `quiet`.
create or replace function alert_raise(a_terminal int, a_kind text, a_subject text, a_text text,
	quiet interval default interval '0') returns void language sql as $$
	insert into alert as a (kind, terminal_id, sn, subject, text)
	select a_kind, t.id, t.sn, left(a_subject, 100), left(a_text, 500)
	from terminal t where t.id = a_terminal
	on conflict (sn, kind, subject) where acknowledged is null do update
		set last_seen = now(), seen_count = a.seen_count + 1, text = excluded.text
		where a.last_seen <= now() - quiet
$$;

-- The same about the server itself: of no terminal.
create or replace function alert_server(a_kind text, a_text text) returns void language sql as $$
	insert into alert as a (kind, sn, text) values (a_kind, '', left(a_text, 500))
	on conflict (sn, kind, subject) where acknowledged is null do update
		set last_seen = now(), seen_count = a.seen_count + 1, text = excluded.text
$$;

-- A moment on the wall clock that a terminal has by its zone.
create or replace function terminal_wall(zone text, fixed_offset int, at timestamptz)
	returns timestamp language sql stable as $$
	select case when fixed_offset is null then at at time zone zone
		else (at at time zone 'UTC') + make_interval(mins => fixed_offset) end
$$;

create or replace function watch_born() returns trigger language plpgsql as $$
begin
	insert into terminal_watch (terminal_id) values (new.id) on conflict do nothing;
	return null;
end $$;

create or replace trigger watch_born after insert on terminal
	for each row execute function watch_born();

-- ------------------------------------------------------------------ contact

-- Late after three of its own intervals, offline after two minutes at least (adms-push 6), and five
-- seconds more, for a contact is written so much later. Nobody was heard before `since`: so long
-- nobody counts as missing. Returns what changed. One process at a time does it.
create or replace function watch_states(since timestamptz)
	returns table (sn text, state text) language plpgsql as $$
#variable_conflict use_column
begin
	if not pg_try_advisory_xact_lock(7263010) then
		return;
	end if;
	return query
		with judged as (
			select w.terminal_id, t.sn, w.state as was, s.last_activity, case
				when s.last_activity > now() - p.late then 'online'
				when greatest(s.last_activity, since) <= now() - p.off then 'offline'
				when w.state in ('unknown', 'online')
					and greatest(s.last_activity, since) <= now() - p.late then 'late'
				else w.state end as state
			from terminal_watch w
			join terminal t on t.id = w.terminal_id and t.approved
			join terminal_state s on s.terminal_id = t.id and s.last_activity is not null,
			lateral (select make_interval(secs => 3 * t.heartbeat + 5) as late,
				make_interval(secs => greatest(3 * t.heartbeat, 120) + 5) as off) p
		), moved as (
			update terminal_watch w set state = j.state, changed = now()
			from judged j where w.terminal_id = j.terminal_id and j.state <> j.was
			returning w.terminal_id, j.sn, j.was, j.state, j.last_activity
		), raised as (
			select alert_raise(m.terminal_id, m.state, '', case m.state
				when 'online' then 'heard of again'
				else 'not heard of since ' || to_char(m.last_activity, 'YYYY-MM-DD HH24:MI:SS')
				end)
			from moved m where not (m.was = 'unknown' and m.state = 'online')
		)
		select m.sn, m.state from moved m
		where (select count(*) from raised) is not null order by m.sn;
	perform watch_gaps();
end $$;

-- Contacts that began after a silence (began), or come from a changed address (other: the one
-- before, in this process). Before terminal_seen(), whose rows still say what other processes
-- heard: only what no process heard is a gap, and two addresses at once are two terminals.
create or replace function watch_contact(ids int[], began timestamp[], addresses text[],
	others text[]) returns void language plpgsql as $$
begin
	perform pg_advisory_xact_lock(7263010);
	perform alert_raise(n.id, 'duplicate_sn', '', format('seen from %s and from %s within 300 s',
		coalesce(n.other, s.address), n.address), interval '300 seconds')
	from unnest(ids, addresses, others) as n (id, address, other)
	join terminal t on t.id = n.id and t.approved
	join terminal_state s on s.terminal_id = n.id
	where n.other is not null
		or (s.address <> n.address and s.last_activity > now() - interval '300 seconds');
	update terminal_watch w set gap_from = least(w.gap_from, s.last_activity), gap_to = now()
	from unnest(ids, began) as n (id, began)
	join terminal t on t.id = n.id and t.approved and t.generation between 3 and 5
	join terminal_state s on s.terminal_id = n.id
	where w.terminal_id = n.id and n.began at time zone 'UTC' - s.last_activity
		> make_interval(secs => greatest(3 * t.heartbeat, 120));
	perform watch_gaps();
end $$;

-- Some firmware does not upload by itself what it kept while it was cut off (adms-push 6): asked
-- for, at most once an hour. Five minutes more at both ends, for clocks differ.
create or replace function watch_gaps() returns void language plpgsql as $$
declare
	g record;
begin
	for g in
		select w.terminal_id, terminal_wall(t.zone, t.fixed_offset, w.gap_from) as from_time,
			terminal_wall(t.zone, t.fixed_offset, w.gap_to) as to_time
		from terminal_watch w join terminal t on t.id = w.terminal_id and t.approved
		where w.gap_from is not null
			and (w.gap_asked is null or w.gap_asked < now() - interval '1 hour')
		order by w.terminal_id limit 1000
	loop
		perform terminal_stays(g.terminal_id);
		update terminal_watch set gap_from = null, gap_to = null, gap_asked = now()
		where terminal_id = g.terminal_id;
		continue when not found;
		perform command_add(g.terminal_id, command_window('DATA QUERY ATTLOG',
			g.from_time - interval '5 minutes', g.to_time + interval '5 minutes'),
			interval '1 day', null);
	end loop;
end $$;

create or replace function command_window(verb text, from_time timestamp, to_time timestamp)
	returns text language sql immutable as $$
	select verb || ' StartTime=' || to_char(from_time, 'YYYY-MM-DD HH24:MI:SS') || chr(9)
		|| 'EndTime=' || to_char(to_time, 'YYYY-MM-DD HH24:MI:SS')
$$;

-- ------------------------------------------------------------------ what they are

create or replace function watch_changed(a_terminal int, a_kind text, old_value text,
	new_value text) returns void language plpgsql as $$
begin
	if lower(btrim(old_value)) <> lower(btrim(new_value)) and btrim(old_value) <> ''
		and btrim(new_value) <> '' then
		perform alert_raise(a_terminal, a_kind, '', format('was %s, is %s', btrim(old_value),
			btrim(new_value)));
		-- another firmware may know other verbs
		if a_kind <> 'mac_changed' then
			update terminal_watch set verify_sum = null where terminal_id = a_terminal;
		end if;
	end if;
end $$;

create or replace function watch_options() returns trigger language plpgsql as $$
begin
	perform watch_changed(new.id, 'mac_changed', old.options->>'MAC', new.options->>'MAC');
	perform watch_changed(new.id, 'firmware_changed',
		option_firmware(old.options), option_firmware(new.options));
	perform watch_changed(new.id, 'model_changed', old.options->>'DeviceName',
		new.options->>'DeviceName');
	return null;
end $$;

create or replace trigger watch_options after update of options on terminal
	for each row when (new.approved and old.options is distinct from new.options)
	execute function watch_options();

-- INFO words the firmware in its own way, so it counts only where no option says it.
create or replace function watch_firmware() returns trigger language plpgsql as $$
begin
	if exists (select from terminal t where t.id = new.terminal_id and t.approved
			and option_firmware(t.options) is null) then
		perform watch_changed(new.terminal_id, 'firmware_changed', old.fw_ver, new.fw_ver);
	end if;
	return null;
end $$;

create or replace trigger watch_firmware after update of fw_ver on terminal_state
	for each row when (old.fw_ver <> new.fw_ver) execute function watch_firmware();

-- ------------------------------------------------------------------ what happened at their menus

-- Codes of the operation log (adms-push 2.2) that somebody should hear of.
create or replace function oplog_alert(code int) returns table (kind text, words text)
	language sql immutable as $$
	select a.kind, a.words from (values
		(13, 'data_lost', 'its data were cleared'),
		(22, 'data_lost', 'factory settings were restored'),
		(23, 'data_lost', 'its records were deleted'),
		(38, 'data_lost', 'data were restored from a backup'),
		(30, 'user_created', 'a user was enrolled'),
		(24, 'privilege_changed', 'administrators were cleared'),
		(71, 'privilege_changed', 'a privilege was changed'),
		(102, 'privilege_changed', 'permissions were changed'),
		(104, 'privilege_changed', 'permissions were added'),
		(76, 'network_changed', 'IP address changed'),
		(77, 'network_changed', 'subnet mask changed'),
		(78, 'network_changed', 'gateway changed'),
		(79, 'network_changed', 'DNS server changed'),
		(80, 'network_changed', 'connection password changed'),
		(81, 'network_changed', 'device number changed'),
		(82, 'server_address_changed', 'server address changed'),
		(83, 'server_address_changed', 'server port changed'),
		(110, 'server_address_changed', 'proxy switched'),
		(111, 'server_address_changed', 'proxy address changed'),
		(112, 'server_address_changed', 'proxy port changed')) a (n, kind, words)
	where a.n = oplog_alert.code
$$;

-- A log that is uploaded for the first time tells of years before the terminal was ours.
create or replace function watch_oplog() returns trigger language plpgsql as $$
begin
	perform alert_raise(t.id, a.kind, '', a.words
		|| case when n.code in (30, 71) and n.objects[1] <> '' then ', user ' || n.objects[1]
			else '' end
		|| case when n.operator <> '' and n.operator <> '0' then ', by ' || n.operator else '' end
		|| coalesce(', ' || to_char(n.happened, 'YYYY-MM-DD HH24:MI:SS'), ''))
	from newer n
	join terminal t on t.id = n.terminal_id and t.approved
	cross join lateral oplog_alert(n.code) a
	where n.happened is null
		or n.happened > terminal_wall(t.zone, t.fixed_offset, t.created) - interval '1 hour'
	order by t.sn, a.kind, n.id;
	return null;
end $$;

create or replace trigger watch_oplog after insert on operation_log
	referencing new table as newer
	for each statement execute function watch_oplog();

create or replace function watch_privilege() returns trigger language plpgsql as $$
begin
	perform alert_raise(new.terminal_id, 'admin_created', p.code, format('PIN %s has privilege %s %s',
		p.code, new.reported_pri, 'at this terminal, which nobody gave it here'))
	from pin p where p.id = new.pin_id;
	return null;
end $$;

create or replace trigger watch_privilege after update of reported_pri on terminal_person
	for each row when (new.reported_pri > 0 and new.reported_pri is distinct from old.reported_pri)
	execute function watch_privilege();
