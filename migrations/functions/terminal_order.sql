-- What REST orders terminals to do, as command lines in the words of their generation (adms-push 4,
-- adms/PROTOCOL.md 5). Values were checked before; here they can still hold no control byte, so no
-- text ends a column or a line.

-- 'A=1<TAB>B=2' from names and values in turn; a value that is null leaves its pair out.
create or replace function command_pairs(variadic a text[]) returns text
	language sql immutable as $$
	select string_agg(a[n] || '=' || regexp_replace(a[n + 1], '[\x01-\x1f\x7f]', ' ', 'g'),
		chr(9) order by n)
	from generate_series(1, array_length(a, 1), 2) n where a[n + 1] is not null
$$;

-- '08:00-18:00' as 'HHMM' of its beginning or end; nothing said is the whole day.
create or replace function order_clock(span text, which int) returns text
	language sql immutable as $$
	select replace(split_part(coalesce(span, '00:00-23:59'), '-', which), ':', '')
$$;

-- A week's times: Sunday first.
create or replace function order_week(p jsonb) returns text language sql immutable as $$
	select string_agg(d || 'Start=' || order_clock(p->>lower(d), 1) || chr(9)
		|| d || 'End=' || order_clock(p->>lower(d), 2), chr(9) order by n)
	from unnest(array['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']) with ordinality w (d, n)
$$;

create or replace function order_message(generation int, p jsonb) returns setof text
	language sql stable as $$
	select case when generation = 1 then 'SMS ' else 'DATA UPDATE SMS ' end
		|| command_pairs('MSG', p->>'text', 'TAG',
			case when p->>'pin' is null then '253' else '254' end, 'UID', p->>'id',
			'MIN', coalesce(p->>'minutes', '1440'), 'StartTime', p->>'start_time')
	union all
	select 'DATA UPDATE USER_SMS ' || command_pairs('PIN', p->>'pin', 'UID', p->>'id')
	where p->>'pin' is not null
$$;

create or replace function order_query_templates(t terminal, p jsonb) returns text
	language sql stable as $$
	select case
		when p->>'type' = '1' and t.generation >= 2 and (t.generation < 4 or (t.generation = 4 and coalesce((
			select fp_version from terminal_state where terminal_id = t.id), 0) < 12))
			then case when p->>'pin' is not null then 'DATA QUERY FINGERTMP '
				|| command_pairs('PIN', p->>'pin',
					case when t.generation = 2 then 'FingerID' else 'FID' end, p->>'number') end
		when t.generation >= 4 then 'DATA QUERY BIODATA '
			|| command_pairs('Type', p->>'type', 'PIN', p->>'pin', 'No', p->>'number') end
$$;

-- Time zones, groups, holidays and unlock combinations of attendance terminals (adms-push 4.7).
create or replace function order_access(g int, a_action text, p jsonb) returns text
	language sql stable as $$
	select case a_action
		when 'time_zone_set' then case
			when g >= 3 then 'DATA UPDATE AccTimeZone ' || command_pairs('UID', p->>'id') || chr(9)
				|| order_week(p)
			when g = 2 then 'DATA UPDATE TIMEZONE ' || command_pairs('TZID', p->>'id', 'ITIME',
				regexp_replace(order_week(p), '[^0-9]', '', 'g'), 'RESERVE', '') end
		when 'time_zone_delete' then case
			when g = 2 then 'DATA DELETE TIMEZONE ' || command_pairs('TZID', p->>'id') end
		when 'group_set' then case
			when g >= 3 then 'DATA UPDATE AccGroup ' || command_pairs('ID', p->>'id', 'Verify',
				coalesce(p->>'verify', '0'), 'ValidHoliday',
				case when p->>'holidays' = 't' then '1' else '0' end, 'TZ',
				concat_ws(';', coalesce(p->>'time_zone1', '0'), coalesce(p->>'time_zone2', '0'),
					coalesce(p->>'time_zone3', '0'))) end
		when 'holiday_set' then case
			when g >= 3 then 'DATA UPDATE AccHoliday ' || command_pairs('UID', p->>'id',
				'HolidayName', coalesce(p->>'name', ''), 'StartDate', replace(p->>'start', '-', ''),
				'EndDate', replace(p->>'end', '-', ''), 'TimeZone',
				coalesce(p->>'time_zone', '1')) end
		when 'unlock_combination_set' then case
			when g >= 3 then 'DATA UPDATE AccUnLockComb ' || command_pairs('UID', p->>'id',
				'Group1', coalesce(p->>'group1', '0'), 'Group2', coalesce(p->>'group2', '0'),
				'Group3', coalesce(p->>'group3', '0'), 'Group4', coalesce(p->>'group4', '0'),
				'Group5', coalesce(p->>'group5', '0'))
			when g = 2 then 'DATA UPDATE GLOCK ' || command_pairs('GLID', p->>'id', 'GROUPIDS',
				concat_ws(',', p->>'group1', p->>'group2', p->>'group3', p->>'group4',
					p->>'group5'), 'MEMBERCOUNT', (select count(*)::text
					from generate_series(1, 5) n where p ? ('group' || n)), 'RESERVE', '') end
		when 'unlock_combination_delete' then case
			when g = 2 then 'DATA DELETE GLOCK ' || command_pairs('GLID', p->>'id') end
	end
$$;

create or replace function order_enrol(g int, a_action text, p jsonb) returns text
	language sql stable as $$
	select case a_action
		-- old documents write 2 for "do not overwrite"
		when 'enroll_fp' then 'ENROLL_FP ' || command_pairs('PIN', p->>'pin', 'FID', p->>'finger',
			'RETRY', coalesce(p->>'retry', '3'), 'OVERWRITE',
			case when coalesce(p->>'overwrite', 't') = 't' then '1' when g <= 2 then '2' else '0' end)
		when 'enroll_card' then case when g >= 2 then 'ENROLL_MF '
			|| command_pairs('PIN', p->>'pin', 'RETRY', coalesce(p->>'retry', '3')) end
		when 'enroll_bio' then case when g >= 3 then 'ENROLL_BIO '
			|| command_pairs('TYPE', p->>'type', 'PIN', p->>'pin', 'CardNo', '', 'RETRY',
				coalesce(p->>'retry', '3'), 'OVERWRITE',
				case when coalesce(p->>'overwrite', 't') = 't' then '1' else '0' end) end
	end
$$;

create or replace function order_question(t terminal, a_action text, p jsonb) returns text
	language sql stable as $$
	select case a_action
		when 'query_users' then case when t.generation >= 2 then 'DATA QUERY USERINFO'
			|| coalesce(' ' || command_pairs('PIN', p->>'pin'), '') end
		when 'query_templates' then order_query_templates(t, p)
		when 'query_transactions' then case when t.generation >= 2 then command_window(
			'DATA QUERY ATTLOG', (p->>'start_time')::timestamp, (p->>'end_time')::timestamp) end
		when 'query_photos' then case when t.generation >= 2 then command_window(
			'DATA QUERY ATTPHOTO', (p->>'start_time')::timestamp, (p->>'end_time')::timestamp) end
		when 'verify_sum' then case when t.generation >= 3 then command_window(
			'VERIFY SUM ATTLOG', (p->>'start_time')::timestamp, (p->>'end_time')::timestamp) end
	end
$$;

-- The lines of one action for one terminal; none: its generation has no words for it.
create or replace function order_lines(t terminal, a_action text, p jsonb) returns setof text
	language sql stable as $$
	select line from (
		select 1 as n, case a_action
			when 'info' then 'INFO'
			when 'check' then 'CHECK'
			when 'set_time' then 'CHECK' -- the handshake sets the clock
			when 'log' then 'LOG'
			when 'unlock' then 'AC_UNLOCK'
			when 'cancel_alarm' then 'AC_UNALARM'
			when 'reload_options' then 'RELOAD OPTIONS'
			when 'clear_transaction' then 'CLEAR LOG'
			when 'clear_template' then case when t.generation >= 3 then 'CLEAR BIODATA' end
			when 'clear_user' then case when t.generation >= 4 then 'CLEAR ALL USERINFO' end
			when 'message_delete' then case when t.generation >= 2 then 'DATA DELETE SMS '
				|| command_pairs('UID', p->>'id') end
			when 'work_code_set' then case when t.generation >= 2 then 'DATA UPDATE WORKCODE '
				|| command_pairs('PIN', p->>'id', 'CODE', p->>'code', 'NAME', p->>'name') end
			when 'work_code_delete' then case when t.generation >= 2 then 'DATA DELETE WORKCODE '
				|| command_pairs('CODE', p->>'code') end
			when 'shell' then 'SHELL ' || (p->>'command')
			when 'get_file' then 'GetFile ' || (p->>'path')
			when 'put_file' then 'PutFile ' || (p->>'url') || chr(9) || (p->>'path')
			when 'upgrade' then 'UPGRADE type=1,checksum=' || (p->>'checksum') || ',size='
				|| (p->>'size') || ',url=' || (p->>'url')
			else coalesce(order_enrol(t.generation, a_action, p), order_question(t, a_action, p),
				order_access(t.generation, a_action, p)) end as line
		union all
		select 2, line from order_message(t.generation, p) line
		where a_action = 'message_send' and (t.generation >= 2 or p->>'pin' is null)
		union all
		-- one pair a command: a list overwrote a SenseFace 2A's server address
		select 3, line from (values ('SET OPTION ' || command_pairs(p->>'key', p->>'value')),
			(case when not terminal_few_verbs(t) then 'RELOAD OPTIONS' end)) o (line)
		where a_action = 'set_option') l
	where line is not null and (not terminal_few_verbs(t)
		or line ~ '^(CHECK|CLEAR|INFO|REBOOT|DATA)\M')
	order by n
$$;

-- A terminal that is to be empty stays so until sync, as after clear_all.
create or replace function order_queue(a_terminal int, line text, expires interval,
	by_account int) returns bigint language plpgsql as $$
begin
	if line in ('CLEAR DATA', 'CLEAR ALL USERINFO') then
		update terminal set people_held = true where id = a_terminal;
	end if;
	return command_add(a_terminal, line, expires, by_account);
end $$;

-- Queues an action for terminals. Nothing is queued when one of them is unknown (bad), or has no
-- words for it (mute, its serial number). sns: whom it was queued for.
create or replace function terminal_order(terminals int[], a_action text, p jsonb, expires interval,
	by_account int, out bad int, out mute text, out sns text) language plpgsql as $$
declare
	t terminal%rowtype;
	line text;
begin
	select min(i) into bad from unnest(terminals) i
	where not exists (select from terminal x where x.id = i);
	select min(x.sn) into mute from terminal x where x.id = any(terminals) and (x.generation > 5
		or case when a_action = 'reconcile' then not x.approved
			else not exists (select from order_lines(x, a_action, p)) end);
	if bad is not null or mute is not null then
		return;
	end if;
	for t in select * from terminal where id = any(terminals) order by id for key share loop
		if a_action = 'reconcile' then
			perform reconcile_start(t.id, coalesce(p->>'whole', 't') = 't', by_account);
		end if;
		for line in select * from order_lines(t, a_action, p) loop
			perform order_queue(t.id, line, expires, by_account);
		end loop;
		sns := concat_ws(',', sns, t.sn);
	end loop;
end $$;

-- Cancels one command that was not sent yet. False: it is too late; null: there is none.
create or replace function command_cancel_one(a_id bigint) returns boolean language plpgsql as $$
declare
	c terminal_command%rowtype;
begin
	select * into c from terminal_command where id = a_id for update;
	if not found then
		return null;
	end if;
	if c.state <> 'queued' then
		return false;
	end if;
	update terminal_command set state = 'cancelled', finished = now() where id = a_id;
	return true;
end $$;
