set local check_function_bodies = off; -- functions may name each other in any order

-- One-shot commands, what is sent of people, and their results.

-- Queues one command line for a terminal. DATA verbs and questions are sent again when
-- unanswered; what acts (REBOOT, CLEAR, UPGRADE, AC_UNLOCK, ENROLL, SET OPTION) never is.
create or replace function command_add(a_terminal int, line text, expires interval, by_account int)
	returns bigint language sql as $$
	insert into terminal_command (terminal_id, content, resend, ends_batch, expires, created_by)
	values (a_terminal, line, line ~ '^(DATA|CHECK|INFO|LOG|VERIFY)\M', line = 'REBOOT',
		now() + expires, by_account)
	returning id
$$;

create or replace function command_added() returns trigger language plpgsql as $$
begin
	perform terminal_wake((select array_agg(terminal_id) from newer));
	return null;
end $$;

create or replace trigger command_added after insert on terminal_command
	referencing new table as newer
	for each statement execute function command_added();

-- Everything from the beginning: stamps fall to 0, the terminal reads its options again, and
-- where stamps are ignored (generation 3 and later) it is asked outright.
create or replace function terminal_ask_again(a_terminal int) returns void language plpgsql as $$
declare
	t terminal%rowtype;
begin
	select * into t from terminal where id = a_terminal;
	perform stamps_forget(a_terminal, stamp_tables());
	if t.push_ver is null and not exists (select from terminal_state s
			where s.terminal_id = a_terminal and s.last_activity is not null) then
		return; -- never seen: its first contact asks for everything
	end if;
	perform command_add(a_terminal, line, interval '7 days', null)
	from (
		select 1, 'CHECK'
		union all
		select 2, 'DATA QUERY USERINFO' where t.generation >= 2
		union all
		select 2 + n, command from template_questions(t) with ordinality q (command, n)
	) l (place, line)
	where not exists (select from terminal_command c where c.terminal_id = a_terminal
		and c.content = line and c.state = 'queued')
	order by place;
end $$;

-- What asks a terminal for everybody's templates, where its generation has words that need no PIN:
-- of the types that it says it has, or that terminals of today have and it does not say it holds none
-- of. None: they are not stored.
create or replace function template_questions(t terminal) returns setof text
	language sql stable as $$
	select line from (values (1, 1, 'fp'), (2, 9, 'face'), (3, 8, 'palm'), (4, 10, 'palm'),
		(5, 7, 'vein'), (6, 2, 'infrared')) k (place, type, what)
	cross join lateral order_query_templates(t, jsonb_build_object('type', type::text)) line
	left join terminal_state s on s.terminal_id = t.id
	where line is not null and biometrics_stored()
		and coalesce(nullif(split_part(t.options ->> 'MultiBioDataSupport', ':', type + 1), '') <> '0',
			what in ('fp', 'face', 'palm'))
		and case what when 'fp' then s.fp_count when 'face' then s.face_count
			when 'palm' then s.palm_count end is distinct from 0
	order by place
$$;

-- As the servers' setting store_biometrics has it.
create or replace function biometrics_stored() returns boolean language sql stable as $$
	select not exists (select from server_setting
		where name = 'store_biometrics' and value = 'off')
$$;

create or replace function command_ask_punches(a_terminal int, expires interval, by_account int)
	returns void language plpgsql as $$
begin
	perform command_add(a_terminal, 'CHECK', expires, by_account);
	if (select generation >= 3 from terminal where id = a_terminal) then
		perform command_add(a_terminal, 'DATA QUERY ATTLOG StartTime=2000-01-01 00:00:00' || chr(9)
			|| 'EndTime=2099-12-31 23:59:59', expires, by_account);
	end if;
end $$;

-- The actions of /iclock/api/terminals/.
create or replace function terminal_action(terminals int[], action text, expires interval,
	by_account int) returns void language plpgsql as $$
declare
	t int;
begin
	foreach t in array terminals loop
		case action
		when 'reboot' then
			perform command_add(t, 'REBOOT', expires, by_account);
		when 'clear_capture' then
			perform command_add(t, 'CLEAR PHOTO', expires, by_account);
		when 'clear_all' then
			-- known to be empty from here on, and stays so until sync
			update terminal set people_held = true where id = t;
			perform command_add(t, 'CLEAR DATA', expires, by_account);
		when 'upload_all' then
			perform stamps_forget(t, stamp_tables());
			perform command_ask_punches(t, expires, by_account);
			if (select generation >= 2 from terminal where id = t) then
				perform command_add(t, 'DATA QUERY USERINFO', expires, by_account);
			end if;
		when 'upload_transaction' then
			perform stamps_forget(t, array['ATTLOG']);
			perform command_ask_punches(t, expires, by_account);
		when 'clear_command' then
			perform command_cancel(t);
		when 'sync' then
			perform terminal_sync(t);
		when 'confirm_key' then
			perform terminal_key_confirm(array[t], by_account);
		else
			raise exception 'unknown action %', action;
		end case;
	end loop;
end $$;

-- Cancels one-shots not yet sent.
create or replace function command_cancel(a_terminal int) returns void language sql as $$
	update terminal_command set state = 'cancelled', finished = now()
	where terminal_id = a_terminal and state = 'queued'
$$;

-- Deletes templates of these kinds: the stored ones, raw uploads included, and by command on
-- every approved terminal the people belong to or are known on, in its generation's words.
create or replace function command_delete_templates(employees int[], finger_print boolean,
	face boolean, finger_vein boolean, palm boolean, expires interval, by_account int)
	returns void language plpgsql as $$
declare
	kinds int[] := case when finger_print then array[1] else '{}' end
		|| case when face then array[2, 9] else '{}' end
		|| case when finger_vein then array[7] else '{}' end
		|| case when palm then array[6, 8, 10] else '{}' end;
	held record;
	line text;
begin
	perform template_lock(array(select pin_id from employee where id = any(employees)));
	delete from template where bio_type = any(kinds)
		and pin_id in (select pin_id from employee where id = any(employees));
	delete from photo where form = 'BIOPHOTO' and bio_type = any(kinds)
		and pin_id in (select pin_id from employee where id = any(employees));
	delete from raw_upload where finger_print and upper(table_name) = 'FPIMAGE'
		and pin_id in (select pin_id from employee where id = any(employees));
	delete from fp_image where finger_print
		and pin_id in (select pin_id from employee where id = any(employees));
	delete from person_claim where pin_id in (select pin_id from employee where id = any(employees))
		and case place when 'template.sealed' then (details->>'type')::int = any(kinds)
			when 'photo.sealed' then slot like 'photo BIOPHOTO %'
				and (details->>'type')::int = any(kinds)
			else finger_print and place = 'fp_image.sealed' end;
	for held in
		select t.id, t.generation, s.fp_version, e.emp_code from employee e
		join terminal_person p on p.pin_id = e.pin_id
		join terminal t on t.id = p.terminal_id and t.approved
		join terminal_state s on s.terminal_id = t.id
		where e.id = any(employees) order by t.id, e.id
	loop
		for line in select * from template_delete_lines(held.generation, held.emp_code,
			finger_print, face, finger_vein, palm)
			-- fingerprints of the fifth generation may still be of version 10
			union all select 'DATA DELETE FINGERTMP PIN=' || held.emp_code
			where finger_print and held.generation = 5 and coalesce(held.fp_version, 0) < 12
		loop
			perform command_add(held.id, line, expires, by_account);
		end loop;
	end loop;
	perform questions_last(employees);
end $$;

-- The commands that delete one person's templates on a terminal of a generation (adms-push 4.4).
create or replace function template_delete_lines(generation int, pin text, finger_print boolean,
	face boolean, finger_vein boolean, palm boolean) returns setof text language sql immutable as $$
	select line from (
		select 1 as n, finger_print and generation = 1 as due,
			'DATA DEL_FP PIN=' || pin || chr(9) || 'FID=' || f as line
		from generate_series(0, 9) f
		union all values
		(2, finger_print and generation between 2 and 4, 'DATA DELETE FINGERTMP PIN=' || pin),
		(3, finger_print and generation >= 4,
			'DATA DELETE BIODATA Pin=' || pin || chr(9) || 'Type=1'),
		(4, face and generation between 2 and 3, 'DATA DELETE FACE PIN=' || pin),
		(5, face and generation >= 4, 'DATA DELETE BIODATA Pin=' || pin || chr(9) || 'Type=9'),
		(6, face and generation >= 4, 'DATA DELETE BIOPHOTO PIN=' || pin || chr(9) || 'Type=9'),
		(7, finger_vein and generation between 2 and 3, 'DATA DELETE FVEIN Pin=' || pin),
		(8, finger_vein and generation >= 4,
			'DATA DELETE BIODATA Pin=' || pin || chr(9) || 'Type=7'),
		(9, palm and generation >= 3, 'DATA DELETE BIODATA Pin=' || pin || chr(9) || 'Type=8'),
		(10, palm and generation >= 4, 'DATA DELETE BIODATA Pin=' || pin || chr(9) || 'Type=10')
	) l
	where due order by n
$$;

-- How long an answer may take before a command counts as lost (adms-push 3.2).
create or replace function command_patience() returns interval language sql immutable as $$
	select interval '10 minutes'
$$;

-- Sent, and the answer is overdue. What never expires (work codes, messages) is given up for a day
-- after twelve times.
create or replace function command_lost(c terminal_command) returns boolean language sql stable as $$
	select c.resend and c.sent < now() - case
		when c.expires is null and c.sent_count >= 12 then interval '1 day'
		else command_patience() end
$$;

-- True when a heartbeat of this terminal should ask command_take.
create or replace function command_due(a_terminal int) returns boolean language sql stable as $$
	select exists (select from terminal_command c where c.terminal_id = a_terminal
			and (c.state = 'queued' or (c.state = 'sent' and command_lost(c))))
		or exists (select from terminal_person p join terminal t on t.id = p.terminal_id
			where p.terminal_id = a_terminal and p.version <> p.confirmed_version
			and not t.people_held
			and (p.sent_version < p.version or p.sent_at < now() - command_patience())
			and (p.retry_at is null or p.retry_at <= now()))
		or template_due(a_terminal, null)
$$;

-- One take of a terminal at a time: one that nobody waits for any more must have ended before it
-- is undone, and commands keep their order when a terminal polls twice at once.
create or replace function command_turn(a_terminal int) returns void language sql as $$
	select pg_advisory_xact_lock(7263003, a_terminal)
$$;

-- What leaves with a heartbeat now: one-shots in order, then people; marks them sent by this take.
-- content is null for people, whose text is made from the columns behind it. A REBOOT is the last
-- of its batch. 40 KB and 200 lines a reply (adms-push 3.2); a person's line is taken as 300 bytes.
-- A person whom nobody gave a privilege keeps the one typed in at this terminal. last_name null:
-- first_name is the whole name, as the terminal itself has it. card: theirs may be given away.
drop function if exists command_take(int, bigint);
create or replace function command_take(a_terminal int, a_take bigint)
	returns table (id bigint, content text, emp_code text, wanted boolean, first_name text,
		last_name text, privilege int, verify_mode int, card boolean, row_key bytea, sealed bytea)
	language plpgsql as $$
#variable_conflict use_column
declare
	c record;
	room int := 40000;
	lines int := 200;
	t terminal%rowtype;
begin
	perform command_turn(a_terminal);
	select * into t from terminal where terminal.id = a_terminal and approved for key share;
	if not found then
		return;
	end if;
	for c in
		select q.*, m.row_key, m.sealed, octet_length(q.content)
			+ coalesce(octet_length(m.sealed), 0) + 20 as bytes
		from terminal_command q
		-- whose text is put in when it leaves
		left join private_message m on m.id = q.item_id and q.item_kind = 'private'
		where q.terminal_id = a_terminal and (q.state = 'queued' or (q.state = 'sent'
			and command_lost(q)))
			and (q.expires is null or q.expires > now())
			and (q.item_kind is distinct from 'private' or m.id is not null)
		order by q.id limit 200 for update of q skip locked
	loop
		exit when lines < 200 and c.bytes > room;
		room := room - c.bytes;
		lines := lines - 1;
		update terminal_command q set state = 'sent', sent = now(), sent_count = sent_count + 1,
			take = a_take
		where q.id = c.id;
		return query select c.id, c.content, null::text, null::boolean, null::text, null::text,
			null::int, null::int, null::boolean, c.row_key, c.sealed;
		if c.ends_batch then
			return;
		end if;
	end loop;
	if t.people_held or room < 300 then
		return;
	end if;
	return query
		with due as (
			select p.pin_id from terminal_person p
			where p.terminal_id = a_terminal and p.version <> p.confirmed_version
				and (p.sent_version < p.version or p.sent_at < now() - command_patience())
				and (p.retry_at is null or p.retry_at <= now())
			order by p.wanted, p.pin_id limit least(lines, room / 300)
			for update skip locked
		), taken as (
			update terminal_person p set sent_version = version, sent_at = now(), take = a_take,
				sent_id = nextval('command_id'), sent_pri = (select case when e.dev_privilege <> 0
					then e.dev_privilege else coalesce(p.reported_pri, 0) end
					from employee e where e.pin_id = p.pin_id)
			from due where p.terminal_id = a_terminal and p.pin_id = due.pin_id
			returning p.sent_id, p.pin_id, p.wanted and not p.former as wanted, p.sent_pri,
				p.said_name
		)
		select k.sent_id, null::text, pin.code, k.wanted and e.id is not null,
			coalesce(said.name, e.first_name), case when said.name is null then e.last_name end,
			k.sent_pri, e.verify_mode,
			e.card_hash is null or card_counts(e.id, e.card_hash), e.row_key, e.sealed
		from taken k join pin on pin.id = k.pin_id left join employee e on e.pin_id = k.pin_id
			cross join lateral (select person_said_name(k.said_name, e.first_name, e.last_name))
				as said (name)
		order by k.sent_id;
end $$;

-- Commands whose result may be anything; it is sealed (raw_upload).
create or replace function command_brings_file(content text) returns boolean
	language sql immutable as $$
	select content ~ '^(SHELL|GetFile)\M'
$$;

-- That record; null: there is none.
create or replace function command_file(c terminal_command) returns bigint
	language sql stable as $$
	select r.id from terminal t join raw_upload r on r.sn = t.sn
		and r.content_hash = decode(substr(c.returned, 8), 'hex')
		and r.table_name in ('SHELL', 'GETFILE')
	where t.id = c.terminal_id and command_brings_file(c.content)
		and c.returned ~ '^sealed [0-9a-f]{64}$'
$$;

-- Results of a terminal: they count only for commands sent to it. A person who was absent already
-- counts as removed. Storage, time or memory lacking, busy: the person is sent again, later and
-- later; so is every removal that failed. What says nothing is tried three times; then the person is
-- refused, and a removal sent once a day. Rows are locked in order, as person_mark does. By index, as
-- command_take_all.
create or replace function command_results(a_terminal int, ids bigint[], returns int[],
	texts text[]) returns int language plpgsql set enable_seqscan = off
	set enable_hashjoin = off set enable_mergejoin = off as $$
declare
	known int;
	more int;
	unclear int;
begin
	perform terminal_stays(a_terminal);
	perform from terminal_command c where c.id = any(ids) and c.terminal_id = a_terminal
	order by c.id for update;
	with answer as (
		select * from unnest(ids, returns, texts) as a (id, value, text)
	), ended as (
		update terminal_command c set finished = now(), return_value = a.value,
			-- what a shell or a file says is nowhere but in its sealed record
			returned = case when not command_brings_file(c.content)
				or a.text ~ '^sealed [0-9a-f]{64}$' then left(a.text, 4000) end,
			state = case when command_succeeded(c.content, a.value) then 'done' else 'failed' end
		from answer a where c.id = a.id and c.terminal_id = a_terminal and c.state = 'sent'
		returning c.id
	)
	select count(*) into known from ended;
	perform command_effects(a_terminal, ids); -- also locks people
	with answer as (
		select id, value, value in (-3, -1001, -1003, -1005, -1007) as later
		from unnest(ids, returns) as a (id, value)
	), asked as materialized ( -- few, whatever the terminal holds
		select p.sent_id, p.terminal_id, p.pin_id, p.wanted, p.former, p.return_value, p.tries,
			case when p.wanted and not p.former then 'DATA UPDATE USERINFO'
				else 'DATA DELETE USERINFO' end as verb
		from terminal_person p where p.sent_id = any(ids)
	), tried as (
		select id, value, later, p.pin_id, p.verb, p.wanted and p.former as cleared,
			p.wanted and not p.former as adds, command_odd(p.verb, value) as odd,
			command_tries(value, p.return_value, p.tries) as tries
		from answer a join asked p on p.sent_id = a.id and p.terminal_id = a_terminal
	), judged as (
		select *, odd and tries >= 3 as unclear, case when adds then later or (odd and tries < 3)
			else not command_succeeded(verb, value) end as again
		from tried
	), confirmed as (
		update terminal_person p set return_value = j.value, sent_id = null, tries = j.tries,
			retry_at = case when not j.again then null
				when j.value = -1001 then now() + interval '1 day' -- or there is room before
				when j.unclear then now() + interval '1 day'
				else now() + least(interval '1 minute' * (1 << least(j.tries - 1, 6)),
					interval '1 hour') end,
			former = p.former and (j.again or not p.wanted),
			-- now that the former person is gone, the one of today
			sent_version = case when j.again then p.confirmed_version when j.cleared then 0
				else p.sent_version end,
			confirmed_version = case when j.again then p.confirmed_version when j.cleared then 0
				else p.sent_version end
		from judged j where p.pin_id = j.pin_id and p.terminal_id = a_terminal
		returning case when j.unclear then j.value end as unclear
	)
	select count(*), max(c.unclear) into more, unclear from confirmed c;
	if more > 0 then
		update terminal_watch set people_since = now() where terminal_id = a_terminal;
	end if;
	if unclear is not null then
		perform command_odd_told(a_terminal, unclear, 'the record of a person');
	end if;
	if more > 0 then
		delete from terminal_person where terminal_id = a_terminal and not wanted
			and confirmed_version = version;
	end if;
	return known + more + template_results(a_terminal, ids, returns);
end $$;

-- A terminal has deleted everything it held.
create or replace function terminal_emptied(a_terminal int) returns void language sql as $$
	select from terminal_person where terminal_id = a_terminal order by pin_id for update;
	delete from terminal_person where terminal_id = a_terminal and not wanted;
	delete from terminal_template where terminal_id = a_terminal;
	update terminal_person set sent_version = 0, confirmed_version = 0, sent_id = null,
		former = false
	where terminal_id = a_terminal;
$$;

-- Now and then: commands whose time has passed, and acting ones that nobody answered. A clearing
-- among these may have happened.
create or replace function command_expire() returns void language sql as $$
	with ended as (
		update terminal_command c set finished = now(),
			state = case when c.state = 'sent' and not c.resend then 'failed' else 'expired' end,
			returned = case when c.state = 'sent' and not c.resend then 'no answer' end
		from (select id from terminal_command
			where (state = 'queued' and expires <= now())
				or (state = 'sent' and sent < now() - command_patience()
					and (not resend or expires <= now()))
			for update skip locked) late
		where c.id = late.id
		returning c.terminal_id, c.content, c.state
	)
	select stamps_forget(e.terminal_id, e.tables) from (
		select terminal_id, array_agg(distinct table_name) as tables
		from ended, unnest(command_empties(content)) table_name
		where state = 'failed' group by terminal_id order by terminal_id) e
$$;

-- Taken, but the reply never left: as if never sent.
create or replace function command_untake(a_terminal int, a_take bigint) returns void
	language sql set lock_timeout = '250ms' as $$
	select command_turn(a_terminal);
	select terminal_stays(a_terminal);
	update terminal_command set state = 'queued', sent = null, sent_count = sent_count - 1
	where terminal_id = a_terminal and take = a_take and state = 'sent';
	update terminal_person set sent_version = confirmed_version, sent_id = null
	where terminal_id = a_terminal and take = a_take and sent_id is not null;
	select template_untake(a_terminal, a_take);
$$;

drop function if exists command_owner(bigint[]);

-- Terminals that were told another offset than the one in force (summer time has begun or ended,
-- or somebody set it): they are to shake hands again. At most once an hour, for not all do.
create or replace function command_check_offsets() returns void language sql as $$
	select command_add(t.id, 'CHECK', interval '1 hour', null)
	from terminal t join terminal_state s on s.terminal_id = t.id
	where t.approved and s.sent_offset <> terminal_offset(t.zone, t.fixed_offset)
		and not exists (select from terminal_command c where c.terminal_id = t.id
			and c.content = 'CHECK' and c.created > now() - interval '1 hour')
$$;

-- Terminals for which something is open: read again every minute.
create or replace function command_open_terminals() returns setof int language sql stable as $$
	select terminal_id from terminal_command where state in ('queued', 'sent')
	union
	select terminal_id from terminal_person where version <> confirmed_version
	union
	select terminal_id from terminal_person where wanted and user_there and bio_sent < bio_version
	union
	select terminal_id from terminal_template where due <= now()
	union
	select terminal_id from terminal_bio where stale
	union
	select id from terminal where approved and held_lines > 0
$$;
