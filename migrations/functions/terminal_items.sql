set local check_function_bodies = off; -- functions may name each other in any order

-- Work codes and messages on terminals: a wanted state, as people are. terminal_item says what each
-- terminal was told; terminal_items_sync() compares and queues what is missing, newer, or gone.
-- Those commands do not expire: who is away for long is told when it comes back.

create or replace function message_lives(t terminal, start_time timestamp, duration int)
	returns boolean language sql stable as $$
	select start_time + make_interval(mins => duration)
		> terminal_wall(t.zone, t.fixed_offset, now())
$$;

-- What is wanted, and the order (terminal_order.sql) that brings it there. Null: all.
create or replace function terminal_items_wanted(terminals int[], a_kind text, items int[])
	returns table (terminal_id int, kind text, item_id int, version int, word text, action text,
		members jsonb) language sql stable as $$
	select t.id, i.kind, i.item_id, i.version, i.word, i.action, i.members
	from terminal t cross join lateral (
		select 'work code' as kind, w.id as item_id, w.version, w.code as word,
			'work_code_set' as action,
			jsonb_build_object('id', w.id, 'code', w.code, 'name', w.alias) as members
		from work_code w
		where t.generation >= 2 and coalesce(a_kind, 'work code') = 'work code'
			and (items is null or w.id = any(items))
		union all
		select 'public', m.id, m.version, m.uid::text, 'message_send',
			jsonb_build_object('id', m.uid, 'text', m.content, 'minutes', m.duration,
				'start_time', to_char(m.start_time, 'YYYY-MM-DD HH24:MI:SS'))
		from public_message m
		where coalesce(a_kind, 'public') = 'public' and (items is null or m.id = any(items))
			and coalesce(m.terminal_id, t.id) = t.id and coalesce(m.area_id, t.area_id) = t.area_id
			and message_lives(t, m.start_time, m.duration)
		union all
		select 'private', m.id, m.version, m.uid::text, 'message_send',
			jsonb_build_object('id', m.uid, 'text', '*', 'pin', e.emp_code, 'minutes', m.duration,
				'start_time', to_char(m.start_time, 'YYYY-MM-DD HH24:MI:SS'))
		from private_message m
		join employee e on e.id = m.employee_id
		join terminal_person p on p.pin_id = e.pin_id and p.terminal_id = t.id
		where t.generation >= 2 and coalesce(a_kind, 'private') = 'private'
			and (items is null or m.id = any(items)) and p.wanted and p.user_there
			and message_lives(t, m.start_time, m.duration)) i
	where t.approved and not t.people_held and t.generation <= 5
		and (terminals is null or t.id = any(terminals))
$$;

-- What a terminal was told and must forget. A terminal that is suspended is told when it comes
-- back; one that was cleared has forgotten.
create or replace function terminal_items_withdraw(terminals int[], a_kind text, items int[])
	returns void language sql as $$
	with gone as (
		delete from terminal_item i using terminal t
		where t.id = i.terminal_id and (t.approved or t.people_held)
			and (terminals is null or i.terminal_id = any(terminals))
			and (a_kind is null or i.kind = a_kind) and (items is null or i.item_id = any(items))
			and not exists (select from terminal_items_wanted(terminals, a_kind, items) w
				where (w.terminal_id, w.kind, w.item_id, w.word)
					= (i.terminal_id, i.kind, i.item_id, i.word))
		returning i.terminal_id, i.kind, i.item_id, i.word, t.people_held
	), unsent as (
		update terminal_command c set state = 'cancelled', finished = now()
		from gone g where c.terminal_id = g.terminal_id and c.state in ('queued', 'sent')
			and c.item_kind = g.kind and c.item_id = g.item_id
	)
	insert into terminal_command (terminal_id, content, resend)
	select t.id, line, true
	from gone g join terminal t on t.id = g.terminal_id and not g.people_held
	cross join lateral order_lines(t, case when g.kind = 'work code' then 'work_code_delete'
		else 'message_delete' end, case when g.kind = 'work code'
		then jsonb_build_object('code', g.word) else jsonb_build_object('id', g.word) end) line
	order by t.id
$$;

create or replace function terminal_items_sync(terminals int[], a_kind text, items int[])
	returns void language plpgsql as $$
begin
	perform pg_advisory_xact_lock(7263020);
	perform terminal_items_withdraw(terminals, a_kind, items);
	with told as (
		insert into terminal_item as i (terminal_id, kind, item_id, version, word)
		select w.terminal_id, w.kind, w.item_id, w.version, w.word
		from terminal_items_wanted(terminals, a_kind, items) w order by 1, 2, 3
		on conflict (terminal_id, kind, item_id) do update set version = excluded.version
			where i.version <> excluded.version
		returning i.terminal_id, i.kind, i.item_id
	), older as (
		update terminal_command c set state = 'cancelled', finished = now()
		from told n where c.terminal_id = n.terminal_id and c.state = 'queued'
			and c.item_kind = n.kind and c.item_id = n.item_id
	)
	insert into terminal_command (terminal_id, content, resend, item_kind, item_id)
	select t.id, l.line, true, n.kind, n.item_id
	from told n join terminal t on t.id = n.terminal_id
	join terminal_items_wanted(terminals, a_kind, items) w
		on (w.terminal_id, w.kind, w.item_id) = (n.terminal_id, n.kind, n.item_id)
	cross join lateral order_lines(t, w.action, w.members) with ordinality l (line, nr)
	order by t.id, n.kind, n.item_id, l.nr;
end $$;

-- Says so once a day where what was sent twelve times was never answered (command_lost).
create or replace function terminal_items_unanswered() returns void language sql as $$
	select alert_raise(n.terminal_id, 'not_answered', '', format('%s work codes or messages were'
		' sent %s times and never answered; from now on once a day', n.items, n.times))
	from (select c.terminal_id, count(*) as items, min(c.sent_count) as times
		from terminal_command c
		where c.state = 'sent' and c.resend and c.expires is null and c.sent_count >= 12
			and c.sent < now() - command_patience() and c.sent > '-infinity'
		group by 1) n
	join terminal t on t.id = n.terminal_id
	where not exists (select from alert a where a.sn = t.sn and a.kind = 'not_answered'
		and a.last_seen > now() - interval '1 day')
$$;

-- Called by the process clock: messages that end, people who have come to a terminal, terminals that
-- have moved. One process at a time does it.
create or replace function terminal_items_watch() returns void language plpgsql as $$
declare
	moved int[];
begin
	if not pg_try_advisory_xact_lock(7263020) then
		return;
	end if;
	with taken as (delete from terminal_item_stale returning terminal_id)
	select array_agg(terminal_id) into moved from taken;
	if moved is not null then
		perform terminal_items_sync(moved, null, null);
	end if;
	if exists (select from terminal_item where kind = 'public')
		or exists (select from public_message) then
		perform terminal_items_sync(null, 'public', null);
	end if;
	if exists (select from terminal_item where kind = 'private')
		or exists (select from private_message) then
		perform terminal_items_sync(null, 'private', null);
	end if;
	perform terminal_items_unanswered();
end $$;

-- When it was last sent to any terminal.
create or replace function terminal_item_sent(a_kind text, an_item int) returns timestamptz
	language sql stable as $$
	select max(c.sent) from terminal_command c where c.item_kind = a_kind and c.item_id = an_item
$$;

-- How many terminals have confirmed it as it is now.
create or replace function terminal_item_delivered(a_kind text, an_item int) returns bigint
	language sql stable as $$
	select count(*) from terminal_item i where i.kind = a_kind and i.item_id = an_item
		and (select c.state from terminal_command c where c.item_kind = a_kind
			and c.item_id = an_item and c.terminal_id = i.terminal_id
			order by c.id desc limit 1) = 'done'
$$;

-- ------------------------------------------------------------------ triggers

-- A change that terminals must know.
create or replace function terminal_item_before() returns trigger language plpgsql as $$
begin
	new.version := old.version + 1;
	return new;
end $$;

create or replace trigger work_code_before before update on work_code for each row
	when ((old.code, old.alias) is distinct from (new.code, new.alias))
	execute function terminal_item_before();
create or replace trigger public_message_before before update on public_message for each row
	when ((old.content, old.start_time, old.duration)
		is distinct from (new.content, new.start_time, new.duration))
	execute function terminal_item_before();
create or replace trigger private_message_before before update on private_message for each row
	when ((old.employee_id, old.sealed, old.start_time, old.duration)
		is distinct from (new.employee_id, new.sealed, new.start_time, new.duration))
	execute function terminal_item_before();

-- tg_argv: the kind
create or replace function terminal_item_after() returns trigger language plpgsql as $$
begin
	perform terminal_items_sync(null, tg_argv[0],
		array[case when tg_op = 'DELETE' then old.id else new.id end]);
	return null;
end $$;

create or replace trigger work_code_after after insert or update or delete on work_code
	for each row execute function terminal_item_after('work code');
create or replace trigger public_message_after after insert or update or delete on public_message
	for each row execute function terminal_item_after('public');
create or replace trigger private_message_after after insert or update or delete on private_message
	for each row execute function terminal_item_after('private');

create or replace function terminal_item_moved() returns trigger language plpgsql as $$
begin
	if tg_op = 'UPDATE' and new.people_held and not old.people_held then
		delete from terminal_item where terminal_id = new.id; -- it is being cleared
	end if;
	insert into terminal_item_stale values (new.id);
	return null;
end $$;

create or replace trigger terminal_item_born after insert on terminal
	for each row execute function terminal_item_moved();
create or replace trigger terminal_item_moved after update on terminal for each row
	when ((old.area_id, old.approved, old.people_held, old.generation)
		is distinct from (new.area_id, new.approved, new.people_held, new.generation))
	execute function terminal_item_moved();
