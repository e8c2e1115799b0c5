-- What terminals hold, and that they lost it: stamps say how far a log was uploaded, so they go with
-- the log; and INFO says when a terminal was reset without a word.

-- ------------------------------------------------------------------ stamps

-- All whose stamp a handshake gives back.
create or replace function stamp_tables() returns text[] language sql immutable as $$
	select array['ATTLOG', 'OPERLOG', 'ATTPHOTO', 'BIODATA', 'IDCARD', 'ERRORLOG']
$$;

-- The next handshake says 0 for them, whatever uploads bring that began before. One upload of what
-- is there is the price. Every process hears of it.
create or replace function stamps_forget(a_terminal int, names text[]) returns void
	language sql as $$
	insert into terminal_forgotten as f (terminal_id, times, tables)
	select t.id, 1, jsonb_object_agg(n, 1) from terminal t, unnest(names) n
	where t.id = a_terminal group by t.id
	on conflict (terminal_id) do update set times = f.times + 1, tables = f.tables
		|| (select jsonb_object_agg(n, f.times + 1) from unnest(names) n);
	delete from terminal_stamp where terminal_id = a_terminal and name = any(names);
	select terminal_wake(array[a_terminal]);
$$;

-- The stamps of a terminal that still count, 'ATTLOG=9999,OPERLOG=0'.
create or replace function stamps_known(a_terminal int) returns text language sql stable as $$
	select coalesce(string_agg(s.name || '=' || s.stamp, ','), '')
	from terminal_stamp s left join terminal_forgotten f on f.terminal_id = s.terminal_id
	where s.terminal_id = a_terminal and s.forgotten >= coalesce((f.tables->>s.name)::int, 0)
$$;

-- Stores a stamp that a terminal gave with an upload ("0" means an answer to a query: not stored).
create or replace function terminal_stamped(a_terminal int, table_name text, a_stamp text,
	as_of int) returns void language sql as $$
	insert into terminal_stamp as s (terminal_id, name, stamp, forgotten)
	select id, terminal_stamped.table_name, a_stamp, as_of from terminal where id = a_terminal
	on conflict (terminal_id, name) do update
		set stamp = excluded.stamp, forgotten = excluded.forgotten
		where s.forgotten <= excluded.forgotten
			and (s.stamp, s.forgotten) <> (excluded.stamp, excluded.forgotten)
$$;

-- Stamps that came with punches; of several of one terminal the last counts.
create or replace function terminals_stamped(ids int[], stamps text[], as_of int[]) returns void
	language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
	insert into terminal_stamp as s (terminal_id, name, stamp, forgotten)
	select distinct on (t.id) t.id, 'ATTLOG', n.stamp, n.forgotten
	from unnest(ids, stamps, as_of) with ordinality n (id, stamp, forgotten, place)
	join terminal t on t.id = n.id
	order by t.id, n.place desc
	on conflict (terminal_id, name) do update
		set stamp = excluded.stamp, forgotten = excluded.forgotten
		where s.forgotten <= excluded.forgotten
			and (s.stamp, s.forgotten) <> (excluded.stamp, excluded.forgotten);
end $$;

-- ------------------------------------------------------------------ clearings

-- The tables that a command empties there.
create or replace function command_empties(content text) returns text[]
	language sql immutable as $$
	select case content
		when 'CLEAR DATA' then stamp_tables()
		when 'CLEAR LOG' then array['ATTLOG']
		when 'CLEAR PHOTO' then array['ATTPHOTO']
		when 'CLEAR BIODATA' then array['BIODATA']
		when 'CLEAR ALL USERINFO' then array['OPERLOG', 'BIODATA']
		else '{}'
	end
$$;

-- Commands of this terminal that have just ended well have emptied tables: their stamps go, and
-- smaller counts are no surprise.
create or replace function clearing_forget(a_terminal int, ids bigint[]) returns void
	language plpgsql as $$
declare
	tables text[] := array(select distinct e from terminal_command c, unnest(command_empties(c.content)) e
		where c.id = any(ids) and c.terminal_id = a_terminal and c.state = 'done'
			and c.finished = now() order by e);
begin
	if tables = '{}' then
		return;
	end if;
	perform stamps_forget(a_terminal, tables);
	if 'ATTLOG' = any(tables) or 'OPERLOG' = any(tables) then
		update terminal_state set counted = now(), counted_users = null, counted_punches = null,
			empty_since = null
		where terminal_id = a_terminal;
	end if;
end $$;

-- What the operation log says was emptied at the menu (adms-push 2.2). A backup brings another log.
create or replace function oplog_empties(code int) returns text[] language sql immutable as $$
	select case
		when code in (13, 22, 38) then stamp_tables()
		when code in (23, 43, 105) then array['ATTLOG']
		when code = 35 then array['ATTPHOTO']
		else '{}'
	end
$$;

-- A log that is uploaded for the first time tells of years before the terminal was ours; a terminal
-- that was reset may have no clock.
create or replace function oplog_emptied() returns trigger language plpgsql as $$
begin
	perform stamps_forget(e.id, e.tables) from (
		select t.id, array_agg(distinct table_name order by table_name) as tables
		from newer n join terminal t on t.id = n.terminal_id and t.approved
		cross join lateral unnest(oplog_empties(n.code)) table_name
		where n.happened is null or n.happened < '2001-01-01'
			or n.happened > terminal_wall(t.zone, t.fixed_offset, t.created) - interval '1 hour'
		group by t.id order by t.id) e;
	return null;
end $$;

create or replace trigger oplog_emptied after insert on operation_log
	referencing new table as newer
	for each statement execute function oplog_emptied();

-- ------------------------------------------------------------------ counts

-- What it says it holds is less than what was confirmed there, or than it said before. Runs only for
-- INFO that says something new, and while a terminal says that it is empty.
create or replace function watch_counts() returns trigger language plpgsql as $$
declare
	held boolean := (select people_held from terminal where id = new.terminal_id and approved);
	fewer boolean := coalesce(new.counted_punches < old.counted_punches, false);
	news boolean := new.counted_users is distinct from old.counted_users or fewer
		or (select people_since from terminal_watch where terminal_id = new.terminal_id)
			> coalesce(old.counted, '-infinity');
	confirmed int;
begin
	if held is null or not (news or new.empty_since is not null) then
		return new;
	end if;
	new.punches_lost := new.punches_lost or fewer;
	select count(*) into confirmed from terminal_person p
	where p.terminal_id = new.terminal_id and p.wanted and p.user_there and not held
		and (p.there_since is null or p.there_since < new.counted);
	if news and (fewer or new.counted_users < confirmed) then
		perform alert_raise(new.terminal_id, 'data_lost', '', concat_ws('; ',
			case when new.counted_users < confirmed then format('it holds %s users, and %s were'
				' confirmed there', new.counted_users, confirmed) end,
			case when fewer then format('it holds %s punches, and said %s before',
				new.counted_punches, old.counted_punches) end));
	end if;
	if new.counted_users is null or new.counted_users > 0 or confirmed = 0 then
		new.counts_users := new.counts_users or coalesce(new.counted_users > 0, false);
		new.empty_since := null;
	elsif new.empty_since is null or new.empty_address is distinct from new.address then
		new.empty_since := new.counted;
		new.empty_address := new.address;
		-- it never said how many punches it held: perhaps more
		new.punches_lost := new.punches_lost or old.counted_punches is null;
	elsif new.counted >= new.empty_since + interval '1 minute' and new.counts_users
		and (new.refilled is null or new.refilled <= now() - interval '1 day') then
		new.refill := true;
	end if;
	return new;
end $$;

create or replace trigger watch_counts before update of counted on terminal_state
	for each row when (new.counted is distinct from old.counted
		and (new.counted_users is not null or new.counted_punches is not null))
	execute function watch_counts();

-- Counts said by options. The answer to INFO, which ends with this transaction, was made before what
-- left behind it in the same batch.
create or replace function terminal_counted(a_terminal int, users int, punches int) returns void
	language sql as $$
	update terminal_state s set counted = n.at, counted_users = coalesce(users, s.counted_users),
		counted_punches = coalesce(punches, s.counted_punches)
	from (select coalesce((select max(c.sent) from terminal_command c
		where c.terminal_id = a_terminal and c.content = 'INFO' and c.finished = now()
			and isfinite(c.sent)), now()) as at) n
	where s.terminal_id = a_terminal and coalesce(users, punches) is not null
		and n.at > coalesce(s.counted, '-infinity')
$$;

-- ------------------------------------------------------------------ filling again

-- Everybody is sent again to a terminal that holds nobody. Who is to be removed is not yet known to
-- be gone: a removal that finds nobody is as good.
create or replace function terminal_refill(a_terminal int) returns void language plpgsql as $$
declare
	asks boolean;
begin
	perform terminal_stays(a_terminal);
	perform from terminal_person where terminal_id = a_terminal order by pin_id for update;
	select s.punches_lost into asks from terminal_state s
	join terminal t on t.id = s.terminal_id and t.approved and not t.people_held
	where s.terminal_id = a_terminal and s.refill for update of s;
	update terminal_state set refill = false, empty_since = null where terminal_id = a_terminal;
	if asks is null then
		return;
	end if;
	update terminal_state set refilled = now(), counts_users = false, punches_lost = false
	where terminal_id = a_terminal;
	delete from terminal_template where terminal_id = a_terminal;
	update terminal_person set sent_version = 0, confirmed_version = 0, sent_id = null,
		return_value = null, retry_at = null, tries = 0
	where terminal_id = a_terminal and wanted;
	delete from terminal_item where terminal_id = a_terminal;
	insert into terminal_item_stale values (a_terminal);
	if asks then
		perform stamps_forget(a_terminal, stamp_tables());
		perform command_ask_punches(a_terminal, interval '7 days', null);
	end if;
	perform alert_raise(a_terminal, 'data_lost', '', 'it holds nobody: its people are sent again'
		|| case when asks then ', and its punches asked for' else '' end);
	perform terminal_wake(array[a_terminal]);
end $$;

-- Every few seconds, by one process at a time; few, for each may have many people.
create or replace function terminals_refill() returns int language plpgsql as $$
declare
	t int;
	n int := 0;
begin
	if not pg_try_advisory_xact_lock(7263013) then
		return 0;
	end if;
	for t in select terminal_id from terminal_state where refill order by 1 limit 5 loop
		perform terminal_refill(t);
		n := n + 1;
	end loop;
	return n;
end $$;
