-- People on terminals: wanted state, kept in step with people, areas, resignations and terminals
-- by triggers, so that every way of writing marks the same rows.

-- Wakes the processes: they read this terminal again (see adms/fleet/terminal.h).
create or replace function terminal_wake(ids int[]) returns void language sql as $$
	select pg_notify('punchd', 't' || id) from (select distinct unnest(ids) as id) w
$$;

-- Who belongs on which terminal. Membership is exact: nothing is inherited.
create or replace view person_wanted as
	select t.id as terminal_id, e.pin_id
	from terminal t
	join employee_area ea on ea.area_id = t.area_id
	join employee e on e.id = ea.employee_id
	where t.approved and not exists (select from resign r where r.employee_id = e.id);

-- These people changed: marks them on their terminals, and for removal where they no longer
-- belong. moved: only where they belong did, so that those who have them already get nothing. Rows
-- are locked in order first.
create or replace function person_mark_where(pins int[], moved boolean) returns void
	language plpgsql as $$
declare
	touched int[];
begin
	perform from pin where id = any(pins) order by id for share; -- see templates.sql
	perform from terminal_person where pin_id = any(pins) order by terminal_id, pin_id for update;
	with joined as (
		insert into terminal_person as p (terminal_id, pin_id, wanted)
		select terminal_id, pin_id, true from person_wanted where pin_id = any(pins)
		order by 1, 2
		on conflict (terminal_id, pin_id) do update
			set wanted = true, version = p.version + 1, retry_at = null, tries = 0
			where not (moved and p.wanted)
		returning terminal_id
	), parted as (
		update terminal_person p
			set wanted = false, version = version + 1, retry_at = null, tries = 0
		where pin_id = any(pins) and wanted and not exists (select from person_wanted w
			where w.terminal_id = p.terminal_id and w.pin_id = p.pin_id)
		returning terminal_id
	)
	select array_agg(terminal_id) into touched
	from (select terminal_id from joined union select terminal_id from parted) b;
	perform terminal_wake(touched);
end $$;

create or replace function person_mark(pins int[]) returns void language sql as $$
	select person_mark_where(pins, false)
$$;

-- The PINs of those who are to get a row on these terminals, before any row is locked (the order
-- is said in templates.sql).
create or replace function person_wanted_lock(terminals int[]) returns void language sql as $$
	select from pin where id in (select w.pin_id from person_wanted w
		where w.terminal_id = any(terminals) and not exists (select from terminal_person p
			where p.terminal_id = w.terminal_id and p.pin_id = w.pin_id))
	order by id for share
$$;

-- This terminal's membership changed (area, approval): additions and removals only.
create or replace function terminal_mark(terminals int[]) returns void language plpgsql as $$
begin
	perform person_wanted_lock(terminals);
	perform from terminal_person where terminal_id = any(terminals)
	order by terminal_id, pin_id for update;
	insert into terminal_person as p (terminal_id, pin_id, wanted)
	select terminal_id, pin_id, true from person_wanted where terminal_id = any(terminals)
	order by 1, 2
	on conflict (terminal_id, pin_id) do update
		set wanted = true, version = p.version + 1, retry_at = null, tries = 0
		where not p.wanted;
	update terminal_person p
		set wanted = false, version = version + 1, retry_at = null, tries = 0
	where terminal_id = any(terminals) and wanted and not exists (select from person_wanted w
		where w.terminal_id = p.terminal_id and w.pin_id = p.pin_id)
		and exists (select from terminal t where t.id = p.terminal_id and t.approved);
	perform terminal_wake(terminals);
end $$;

-- Sends these people again to every terminal they belong on.
create or replace function person_resend(employees int[]) returns void language sql as $$
	select audit_note('resync', 'employee', e, null) from unnest(employees) e;
	select person_mark(array_agg(pin_id)) from employee where id = any(employees);
	select template_resend_people(array_agg(pin_id)) from employee where id = any(employees);
$$;

-- Sends everybody again to one terminal; ends what clear_all began.
create or replace function terminal_sync(a_terminal int) returns void language plpgsql as $$
begin
	update terminal t set people_held = false where t.id = a_terminal;
	perform audit_note('sync', 'terminal', a_terminal, null);
	perform person_wanted_lock(array[a_terminal]);
	perform from terminal_person where terminal_id = a_terminal order by pin_id for update;
	insert into terminal_person as p (terminal_id, pin_id, wanted)
	select terminal_id, pin_id, true from person_wanted where terminal_id = a_terminal
	order by 1, 2
	on conflict (terminal_id, pin_id) do update
		set wanted = true, version = p.version + 1, retry_at = null, tries = 0;
	perform template_resend_terminal(a_terminal);
	perform terminal_wake(array[a_terminal]);
end $$;

-- ------------------------------------------------------------------ employee

create or replace function employee_before_insert() returns trigger language plpgsql as $$
begin
	new.pin_id := (pin_ids(array[new.emp_code]))[1];
	return new;
end $$;

create or replace trigger employee_before_insert before insert on employee
	for each row execute function employee_before_insert();

create or replace function employee_before_update() returns trigger language plpgsql as $$
begin
	new.emp_code := old.emp_code;
	new.pin_id := old.pin_id;
	if coalesce(current_setting('punchd.settling', true), '') = '' then
		new.update_time := now();
	end if;
	return new;
end $$;

create or replace trigger employee_before_update before update on employee
	for each row execute function employee_before_update();

-- punchd.settling: what is written means the same as before, in another form.
create or replace function employee_updated() returns trigger language plpgsql as $$
begin
	if current_setting('punchd.settling', true) = 'on' then
		return null;
	end if;
	perform person_mark(array_agg(n.pin_id)) from newer n join older o using (id)
	where (n.first_name, n.last_name, n.dev_privilege, n.verify_mode, n.sealed)
		is distinct from (o.first_name, o.last_name, o.dev_privilege, o.verify_mode, o.sealed)
	having count(*) > 0;
	-- a privilege that was set here ends what was typed in at terminals
	update terminal_person p set reported_pri = null
	from newer n join older o using (id)
	where p.pin_id = n.pin_id and n.dev_privilege <> o.dev_privilege
		and p.reported_pri is not null;
	update terminal_person p set said_name = null
	from newer n join older o using (id)
	where p.pin_id = n.pin_id and p.said_name is not null
		and (n.first_name, n.last_name) is distinct from (o.first_name, o.last_name);
	return null;
end $$;

create or replace trigger employee_updated after update on employee
	referencing old table as older new table as newer
	for each statement execute function employee_updated();

-- Whoever gets these PINs next is somebody else: what terminals hold of them goes first (see
-- command_take), and what was typed in there was not about the next one. Of answers that are still
-- to come only that to a removal counts.
create or replace function person_former(pins int[]) returns void language sql as $$
	select from pin where id = any(pins) order by id for share;
	select from terminal_person where pin_id = any(pins) order by terminal_id, pin_id for update;
	update terminal_person set former = true, reported_pri = null, said_name = null,
		sent_id = case when not wanted and sent_version = version then sent_id end
	where pin_id = any(pins);
$$;

-- The link of the punches so far ends with the employee.
create or replace function employee_deleted() returns trigger language plpgsql as $$
begin
	if not exists (select from older) then
		return null;
	end if;
	perform punch_lock();
	update pin set unlinked_up_to = (select last_id from punch_counter)
	where id in (select pin_id from older);
	perform person_former((select array_agg(pin_id) from older));
	perform person_mark((select array_agg(pin_id) from older));
	return null;
end $$;

create or replace trigger employee_deleted after delete on employee
	referencing old table as older
	for each statement execute function employee_deleted();

create or replace function membership_changed() returns trigger language plpgsql as $$
begin
	if tg_op = 'DELETE' then
		perform person_mark_where(array_agg(e.pin_id), true) from employee e
		where e.id in (select employee_id from older) having count(*) > 0;
	else
		perform person_mark_where(array_agg(e.pin_id), true) from employee e
		where e.id in (select employee_id from newer) having count(*) > 0;
	end if;
	return null;
end $$;

create or replace trigger employee_area_inserted after insert on employee_area
	referencing new table as newer
	for each statement execute function membership_changed();
create or replace trigger employee_area_deleted after delete on employee_area
	referencing old table as older
	for each statement execute function membership_changed();
create or replace trigger resign_inserted after insert on resign
	referencing new table as newer
	for each statement execute function membership_changed();
create or replace trigger resign_deleted after delete on resign
	referencing old table as older
	for each statement execute function membership_changed();

-- ------------------------------------------------------------------ terminal

create or replace function origin_of(a_terminal int, a_sn text, an_alias text, an_area int)
	returns int language plpgsql as $$
declare
	area_name text := (select name from area where id = an_area);
	found_id int;
begin
	loop
		select id into found_id from punch_origin
		where sn = a_sn and coalesce(terminal_id, 0) = coalesce(a_terminal, 0)
			and coalesce(alias, '') = coalesce(an_alias, '')
			and coalesce(area_id, 0) = coalesce(an_area, 0)
			and coalesce(area_alias, '') = coalesce(area_name, '');
		exit when found;
		insert into punch_origin (terminal_id, sn, alias, area_id, area_alias)
		values (a_terminal, a_sn, an_alias, an_area, area_name) on conflict do nothing;
	end loop;
	return found_id;
end $$;

-- Approval follows the area; a new name or area is a new origin of punches.
create or replace function terminal_before() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' or (new.area_id, new.approved, new.key_held)
			is distinct from (old.area_id, old.approved, old.key_held) then
		new.approved := not coalesce((select not_authorised from area where id = new.area_id), false);
		-- the key counts from its approval on (functions/terminal_trust.sql)
		if not new.approved then
			new.key_held := false;
			new.key_pinned := false;
			new.comm_key := null;
		elsif new.key_known and not new.key_pinned then
			new.key_pinned := true;
			new.comm_key := new.key_said;
		end if;
		new.approved := new.approved and not new.key_held;
	end if;
	-- what comes by itself is a stranger until it is approved (functions/waiting.sql)
	if new.approved or (tg_op = 'INSERT'
			and coalesce(current_setting('punchd.actor', true), '') <> '') then
		new.stranger := null;
	elsif tg_op = 'INSERT' then
		new.stranger := stranger_home(new.ip_address);
	end if;
	if tg_op = 'UPDATE' then
		new.sn := old.sn;
	end if;
	-- one unreadable zone would keep all terminals from being read
	if tg_op = 'INSERT'
		or (new.zone, new.fixed_offset) is distinct from (old.zone, old.fixed_offset) then
		perform now() at time zone new.zone;
		if abs(new.fixed_offset) > 1440 then
			raise exception 'offset out of range' using errcode = '22023', column = 'terminal_tz';
		end if;
	end if;
	if tg_op = 'INSERT' or new.origin_id is null
		or (new.alias, new.area_id) is distinct from (old.alias, old.area_id) then
		new.origin_id := origin_of(new.id, new.sn, new.alias, new.area_id);
	end if;
	return new;
end $$;

create or replace trigger terminal_before before insert or update on terminal
	for each row execute function terminal_before();

create or replace function terminal_after() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' then
		insert into terminal_state (terminal_id) values (new.id);
		perform terminal_mark(array[new.id]);
		return null;
	end if;
	if (new.area_id, new.approved) is distinct from (old.area_id, old.approved) then
		perform terminal_mark(array[new.id]);
	end if;
	if new.approved and not old.approved then
		perform terminal_ask_again(new.id);
	end if;
	if (new.alias, new.area_id, new.approved, new.zone, new.fixed_offset, new.heartbeat,
		new.code_page, new.people_held, new.push_ver, new.terminal_name, new.device_type,
		new.language, new.origin_id, new.allowed_address, new.access_since) is distinct from (old.alias,
		old.area_id, old.approved, old.zone, old.fixed_offset, old.heartbeat, old.code_page,
		old.people_held, old.push_ver, old.terminal_name, old.device_type, old.language,
		old.origin_id, old.allowed_address, old.access_since) then
		perform terminal_wake(array[new.id]);
	end if;
	return null;
end $$;

create or replace trigger terminal_after after insert or update on terminal
	for each row execute function terminal_after();

create or replace function terminal_deleted() returns trigger language plpgsql as $$
begin
	perform terminal_wake(array[old.id]);
	if old.stranger is not null then -- nothing was ever published from there
		delete from punch_origin o
		where o.sn = old.sn and coalesce(o.terminal_id, 0) = old.id
			and not exists (select from punch p where p.origin_id = o.id);
	end if;
	return null;
end $$;

create or replace trigger terminal_deleted after delete on terminal
	for each row execute function terminal_deleted();

create or replace function area_renamed() returns trigger language plpgsql as $$
begin
	update terminal set origin_id = null where area_id = new.id;
	return null;
end $$;

create or replace trigger area_renamed after update of name on area
	for each row when (old.name <> new.name) execute function area_renamed();

-- Only the first area of the schema plays "not authorised"; a terminal follows when the flag moves.
create or replace function area_flag_moved() returns trigger language plpgsql as $$
begin
	update terminal set approved = not new.not_authorised where area_id = new.id;
	return null;
end $$;

create or replace trigger area_flag_moved after update of not_authorised on area
	for each row when (old.not_authorised <> new.not_authorised)
	execute function area_flag_moved();

-- ------------------------------------------------------------------ USER lines

-- What a process must know to judge the USER lines of an upload.
create or replace function people_known(a_terminal int, codes text[])
	returns table (employee int, named boolean, row_key bytea, sealed bytea, resigned boolean,
		removing boolean, shares boolean)
	language sql stable as $$
	select e.id, e.first_name <> '' or e.last_name <> '', e.row_key, e.sealed,
		exists (select from resign r where r.employee_id = e.id),
		coalesce(not p.wanted or p.former, false),
		exists (select from terminal t join employee_area ea on ea.area_id = t.area_id
			where t.id = a_terminal and ea.employee_id = e.id)
	from unnest(codes) with ordinality c (code, ord)
	left join pin on pin.code = c.code
	left join employee e on e.pin_id = pin.id
	left join terminal_person p on p.terminal_id = a_terminal and p.pin_id = pin.id
	order by c.ord
$$;

-- Department 1, or the first of those that an import left.
create or replace function department_first() returns int language sql stable as $$
	select coalesce((select id from department where id = 1), (select min(id) from department))
$$;

-- New people as enrolled at a terminal: department 1, the terminal's area. The terminal itself
-- has them already. names: the first, and where it is longer a LF and the last. bare: the sealed
-- record without its card, which is left out where it is somebody else's. Cards are taken before there
-- are people, so that of two at once one goes without.
drop function if exists people_create(int, text[], text[], bytea[], bytea[], bytea[], int[]);
create or replace function people_create(a_terminal int, codes text[], names text[],
	row_keys bytea[], sealed bytea[], bare bytea[], card_hashes bytea[], pris int[]) returns void
	language plpgsql as $$
declare
	made int[];
	held int[];
	refused text[];
begin
	perform terminal_stays(a_terminal);
	with given as materialized (
		select n.*, nextval(pg_get_serial_sequence('employee', 'id'))::int as id
		from unnest(codes, names, row_keys, people_create.sealed, people_create.bare, card_hashes)
			as n (code, name, row_key, sealed, bare, card_hash)
		where not exists (select from employee e where e.emp_code = n.code)
	), cards as (
		insert into card_holder (hash, employee_id)
		select distinct on (g.card_hash) g.card_hash, g.id from given g
		where g.card_hash is not null and not card_taken(array[g.card_hash], null)
		order by g.card_hash, g.code
		on conflict do nothing
		returning hash, employee_id
	), fresh as (
		insert into employee (id, emp_code, first_name, last_name, department_id, row_key, sealed,
			card_hash, enroll_sn)
		select g.id, g.code, split_part(g.name, chr(10), 1), split_part(g.name, chr(10), 2),
			department_first(), g.row_key,
			case when c.hash is null then coalesce(g.bare, g.sealed) else g.sealed end, c.hash, t.sn
		from given g left join cards c on c.employee_id = g.id, terminal t
		where t.id = a_terminal
		order by g.code
		on conflict (emp_code) do nothing
		returning id
	)
	select (select array_agg(id) from fresh), (select array_agg(employee_id) from cards),
		(select array_agg(g.code) from given g join fresh f on f.id = g.id
			where g.card_hash is not null
				and not exists (select from cards c where c.employee_id = g.id))
	into made, held, refused;
	delete from card_holder h where h.hash = any(card_hashes) and h.employee_id = any(held)
		and h.employee_id <> all(coalesce(made, '{}'));
	insert into employee_area select m, t.area_id from unnest(made) m, terminal t
	where t.id = a_terminal;
	update terminal_person p set sent_version = version, confirmed_version = version
	from employee e
	where e.id = any(made) and p.pin_id = e.pin_id and p.terminal_id = a_terminal;
	perform card_refused(a_terminal, r) from unnest(refused) r;
	perform people_reported(a_terminal, codes, pris);
end $$;

-- Empty members filled; was: the sealed record they were judged by (another writer wins). Where
-- the terminal had everything else already, nothing is sent to it. card_hashes: of cards that are
-- filled in; bare: the record without, null where it is as it was. A card that is somebody
-- else's is left out; all_or_nothing: it fails.
drop function if exists people_fill(int, int[], text[], bytea[], bytea[], bytea[]);
create or replace function people_fill(a_terminal int, ids int[], names text[], was bytea[],
	sealed bytea[], bare bytea[], card_hashes bytea[], all_or_nothing boolean) returns void
	language plpgsql as $$
declare
	settled int[];
	refused text[];
begin
	perform terminal_stays(a_terminal);
	-- people before their rows on terminals, as every change of a person does
	perform from employee where id = any(ids) order by id for update;
	select array_agg(pin_id) into settled from (
		select p.pin_id from terminal_person p join employee e on e.pin_id = p.pin_id
		where p.terminal_id = a_terminal and e.id = any(ids) and p.wanted
			and p.version = p.confirmed_version
		order by p.pin_id for update of p) s;
	with given as materialized (
		select n.* from unnest(ids, names, was, people_fill.sealed, people_fill.bare, card_hashes)
			as n (id, name, was, sealed, bare, card_hash)
		join employee e on e.id = n.id and e.sealed = n.was
	), cards as (
		insert into card_holder (hash, employee_id)
		select distinct on (g.card_hash) g.card_hash, g.id from given g
		where g.card_hash is not null and not card_taken(array[g.card_hash], g.id)
			and not exists (select from resign r where r.employee_id = g.id)
		order by g.card_hash, g.id
		on conflict do nothing
		returning hash, employee_id
	), filled as (
		update employee e set
			sealed = case when g.card_hash is null or c.hash is not null then g.sealed
				else coalesce(g.bare, e.sealed) end,
			card_hash = coalesce(c.hash, e.card_hash),
			first_name = case when e.first_name = '' and e.last_name = ''
				then split_part(g.name, chr(10), 1) else e.first_name end,
			last_name = case when e.first_name = '' and e.last_name = ''
				then split_part(g.name, chr(10), 2) else e.last_name end
		from given g left join cards c on c.employee_id = g.id
		where e.id = g.id and (c.hash is not null or g.card_hash is null or g.bare is not null
			or (e.first_name = '' and e.last_name = '' and g.name <> ''))
	)
	select array_agg(e.emp_code) into refused from given g join employee e on e.id = g.id
	where g.card_hash is not null and not exists (select from cards c where c.employee_id = g.id);
	if all_or_nothing and refused is not null then
		raise exception 'a card is somebody else''s' using errcode = '23505';
	end if;
	perform card_refused(a_terminal, r) from unnest(refused) r;
	update terminal_person set sent_version = version, confirmed_version = version
	where terminal_id = a_terminal and pin_id = any(settled) and wanted;
end $$;

-- Names that this terminal has, longer than they would be sent there.
create or replace function people_named(a_terminal int, codes text[], names text[])
	returns void language sql as $$
	select terminal_stays(a_terminal);
	update terminal_person p set said_name = n.name
	from (select p.pin_id, n.name from unnest(codes, names) as n (code, name)
		join pin on pin.code = n.code join terminal_person p on p.pin_id = pin.id
		where p.terminal_id = a_terminal and n.name is distinct from p.said_name
		order by p.pin_id for update of p) n
	where p.terminal_id = a_terminal and p.pin_id = n.pin_id
$$;

-- The name that a terminal said, where ours is the same, or is cut off where it would be sent: nobody
-- gets a shorter name back. Null: ours is another.
create or replace function person_said_name(said text, first_name text, last_name text) returns text
	language sql immutable as $$
	select said
	from (select first_name || case when first_name <> '' and last_name <> '' then ' ' else '' end
		|| last_name as name) ours
	where said = ours.name
		or (length(ours.name) >= 24 and starts_with(said, left(ours.name, 24)))
$$;

-- Privileges typed in at this terminal: not what was sent to it, or is on its way.
create or replace function people_reported(a_terminal int, codes text[], pris int[])
	returns void language sql as $$
	select terminal_stays(a_terminal);
	update terminal_person p set reported_pri = n.pri
	from (select p.pin_id, n.pri from unnest(codes, pris) as n (code, pri)
		join pin on pin.code = n.code join terminal_person p on p.pin_id = pin.id
		where p.terminal_id = a_terminal and p.sent_id is null
			and n.pri is distinct from p.sent_pri and n.pri is distinct from p.reported_pri
		order by p.pin_id for update of p) n
	where p.terminal_id = a_terminal and p.pin_id = n.pin_id
$$;

-- These are there again although the server removed them: the removal is sent again.
create or replace function people_remove_again(a_terminal int, codes text[]) returns void
	language plpgsql as $$
begin
	perform terminal_stays(a_terminal);
	insert into terminal_person as p (terminal_id, pin_id, wanted)
	select a_terminal, pin.id, false from pin where pin.code = any(codes) order by pin.id
	on conflict (terminal_id, pin_id) do update set version = p.version + 1, retry_at = null,
		tries = 0
		where not p.wanted and p.sent_version = p.version;
	perform terminal_wake(array[a_terminal]);
end $$;
