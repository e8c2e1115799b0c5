-- Strangers: terminals that came by themselves and wait until somebody approves them. Anybody may
-- invent serial numbers, so the places and the disk that all of them share have bounds.

-- An address, or a net, as text; null: it is none. IPv4 that is written as IPv6 is IPv4.
create or replace function address_said(said text) returns inet language plpgsql immutable as $$
declare
	a inet;
begin
	a := said::inet;
	if a <<= inet '::ffff:0:0/96' then
		return set_masklen(split_part(host(a), 'ffff:', 2)::inet, masklen(a) - 96);
	end if;
	return a;
exception when invalid_text_representation then
	return null;
end $$;

-- Whose a stranger is, as base/owner.h has it: of IPv6 a customer has a /64. '::': nobody's known.
create or replace function stranger_home(address text) returns inet language sql immutable as $$
	select coalesce(case when family(a) = 6 then network(set_masklen(a, 64))::inet else a end, '::')
	from address_said(address) a
$$;

-- At most 20 a second are looked for, of which one address has 10: each look holds up who joins, and
-- each join takes an id. The caller holds the lock of joining. False: not now.
create or replace function stranger_pace(home inet) returns boolean language plpgsql as $$
begin
	insert into stranger_pace as p (since, n) values (clock_timestamp(), 1)
	on conflict (one) do update set (since, n) = (select
		case when same then p.since else excluded.since end, case when same then p.n else 0 end + 1
		from (select excluded.since >= p.since
			and excluded.since < p.since + interval '1 second') s (same))
	where p.n < case when home is null then 20 else 10 end
		or excluded.since not between p.since and p.since + interval '1 second';
	return found;
end $$;

-- The one that came first of those who hold nothing and have shown no life: not heard of after its
-- first handshake (it polls within ten seconds, which is written three seconds later), or not for two
-- minutes. It makes room, and loses nothing by it: if it is there, it comes again. Who was given a
-- name is expected by somebody. False: there is none, or enough left within this second.
create or replace function stranger_leaves(home inet) returns boolean language plpgsql as $$
declare
	leaving int;
begin
	if not stranger_pace(home) then
		return false;
	end if;
	select t.id into leaving from terminal t left join terminal_state s on s.terminal_id = t.id
	where t.stranger is not null and (home is null or t.stranger = home)
		and t.held_lines = 0 and t.held_disk = 0 and t.alias = 'Auto add'
		and not exists (select from held_upload h where h.terminal_id = t.id)
		and (s.last_activity is null or s.last_activity < now() - interval '2 minutes'
			or (s.last_activity < t.created + interval '2 seconds'
				and t.created < now() - interval '15 seconds'))
	order by t.created, t.id limit 1 for update of t skip locked;
	delete from terminal where id = leaving;
	return leaving is not null;
end $$;

-- A place for one more: 1,000 of all, of one address (which may be a whole fleet's) 750. The caller
-- holds the lock that makes the bounds exact.
create or replace function stranger_place(address text) returns boolean language plpgsql as $$
declare
	home inet := stranger_home(address);
begin
	if (select count(*) from terminal where stranger = home) >= 750 then
		return stranger_leaves(home);
	end if;
	return (select count(*) from terminal where stranger is not null) < 1000
		or stranger_leaves(null);
end $$;

-- Drops strangers and what they hold, by the address they were last heard of from and by when they
-- came, at most so many. Returns how many.
create or replace function strangers_remove(net inet, before timestamptz, most int) returns int
	language plpgsql as $$
declare
	leaving int[];
begin
	select array_agg(id) into leaving from (
		select t.id from terminal t
		where t.stranger is not null and (before is null or t.created < before)
			and (net is null or address_said((select coalesce(s.address, t.ip_address)
				from terminal_state s where s.terminal_id = t.id)) <<= net)
		order by t.id limit most for update) t;
	-- in the order of terminal_seen(), which holds those of many
	perform from terminal_state where terminal_id = any(leaving) order by terminal_id for update;
	delete from terminal where id = any(leaving);
	return coalesce(cardinality(leaving), 0);
end $$;

-- ------------------------------------------------------------------ what is held for them

-- Keeps what a waiting terminal uploads aside: 100,000 lines and 16 MiB. 1 MiB of disk is there for
-- each of them, beyond that they share 1 GiB. False: full. dropped: something of it is not held.
create or replace function held_keep(a_terminal int, a_table text, a_lines int, a_bytes int,
	a_row_key bytea, a_sealed bytea, hash bytea, a_biometric boolean, dropped boolean)
	returns boolean language plpgsql as $$
declare
	t terminal%rowtype;
	own constant bigint := 1048576;
	beyond bigint;
begin
	select * into t from terminal where id = a_terminal for update;
	if not found then
		return false;
	end if;
	if exists (select from held_upload h where h.terminal_id = a_terminal
			and h.content_hash = hash) then
		perform commit_everywhere();
		return true;
	end if;
	if t.held_lines + a_lines > 100000 or t.held_bytes + a_bytes > 16777216 then
		return false;
	end if;
	update terminal set held_lines = held_lines + a_lines, held_bytes = held_bytes + a_bytes,
		held_uploads = held_uploads + 1, ignored_uploads = ignored_uploads + dropped::int
	where id = a_terminal returning held_disk - own into beyond;
	if beyond > 0 then
		perform pg_advisory_xact_lock(7263022); -- the sum is exact, whoever adds to it
		if (select sum(held_disk - own) from terminal where held_disk > own) > 1 << 30 then
			update terminal set held_lines = t.held_lines, held_bytes = t.held_bytes,
				held_uploads = t.held_uploads, ignored_uploads = t.ignored_uploads
			where id = a_terminal;
			return false;
		end if;
	end if;
	insert into held_upload (terminal_id, table_name, lines, bytes, row_key, sealed, content_hash,
		biometric)
	values (a_terminal, a_table, a_lines, a_bytes, a_row_key, a_sealed, hash, a_biometric);
	-- approved while this upload was under way: released with the others
	if t.approved then
		perform terminal_wake(array[a_terminal]);
	end if;
	return true;
end $$;

-- One process at a time releases what is held of a terminal. It says so again with every step; once
-- it has not for 15 seconds another one may. False: another one does.
create or replace function held_lease(a_terminal int, a_taker bigint) returns boolean
	language plpgsql as $$
begin
	insert into held_release as r (terminal_id, taker, until)
	select id, a_taker, clock_timestamp() + interval '15 seconds' from terminal
	where id = a_terminal
	on conflict (terminal_id) do update set taker = excluded.taker, until = excluded.until
		where r.taker = excluded.taker or r.until < clock_timestamp();
	return found;
end $$;

-- With what is written of it: fails where another process has taken over since, which may be done.
create or replace function held_hold(a_terminal int, a_taker bigint) returns void
	language plpgsql as $$
begin
	update held_release set until = clock_timestamp() + interval '15 seconds'
	where terminal_id = a_terminal and taker = a_taker;
	if not found then
		raise exception 'another process has taken over' using errcode = '40001';
	end if;
end $$;

create or replace function held_leave(a_terminal int, a_taker bigint) returns void language sql as $$
	delete from held_release where terminal_id = a_terminal and taker = a_taker
$$;

-- The next held uploads of a terminal, from an id on: at most 500, and few when they are large.
-- received: microseconds since 1970. One row without an id: another process is at it. None: that was
-- all, and the next one may begin.
create or replace function held_take(a_terminal int, a_taker bigint, from_id bigint, max_bytes bigint)
	returns table (id bigint, table_name text, lines int, row_key bytea, sealed bytea,
		received bigint) language plpgsql as $$
#variable_conflict use_column
begin
	if not held_lease(a_terminal, a_taker) then
		return query select null::bigint, null::text, null::int, null::bytea, null::bytea,
			null::bigint;
		return;
	end if;
	return query
		select h.id, h.table_name, h.lines, h.row_key, h.sealed,
			(extract(epoch from h.received) * 1000000)::bigint
		from (select id, sum(bytes) over (order by id) - bytes as before from held_upload
			where terminal_id = a_terminal and id >= from_id) s
		join held_upload h using (id)
		where s.before < max_bytes
		order by h.id limit 500;
	if not found then
		perform held_leave(a_terminal, a_taker);
	end if;
end $$;

-- Who was erased since the first upload came that is held of a terminal, and when (microseconds since
-- 1970): what was received of them before must not bring them back.
create or replace function held_erased(a_terminal int) returns table (pin text, erased bigint)
	language sql stable as $$
	select code, (extract(epoch from erased_at) * 1000000)::bigint from pin
	where erased_at > (select min(received) from held_upload where terminal_id = a_terminal)
$$;

create or replace function held_released(a_terminal int, ids bigint[]) returns void
	language sql as $$
	select from terminal where id = a_terminal for update; -- as held_keep does
	delete from held_upload where terminal_id = a_terminal and id = any(ids);
	update terminal set (held_lines, held_bytes, held_uploads) = (select
		coalesce(sum(lines), 0)::int, coalesce(sum(bytes), 0)::int, count(*)::int
		from held_upload where terminal_id = a_terminal)
	where id = a_terminal;
$$;
