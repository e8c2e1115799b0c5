set local check_function_bodies = off; -- functions may name each other in any order

-- What a terminal says of a person counts in the areas they share. Of anybody else it is a claim: kept
-- sealed, given to nobody, until somebody takes it or the person comes to an area of the terminal.
-- What is said of a PIN that is no employee's waits likewise, for whoever becomes that employee.
--
-- Claims are written and taken under the lock of their PIN (templates.sql), areas are given under it,
-- too: so nothing waits of a person who shares an area by now.

-- Which of these PINs' things count at once: their places. others: also those of no employee.
create or replace function claim_own(a_sn text, pins int[], others boolean) returns bigint[]
	language plpgsql stable as $$ -- not SQL: its plan is kept
begin
	return (select coalesce(array_agg(n.ord), '{}') from unnest(pins) with ordinality n (pin_id, ord)
		left join employee e on e.pin_id = n.pin_id
		where case when e.id is null then others or n.pin_id is null
			else exists (select from terminal t join employee_area ea on ea.area_id = t.area_id
				where t.sn = a_sn and t.approved and ea.employee_id = e.id) end);
end $$;

create or replace function claim_shares(c person_claim) returns boolean language sql stable as $$
	select exists (select from terminal t join employee_area ea on ea.area_id = t.area_id
		join employee e on e.id = ea.employee_id
		where t.id = c.terminal_id and t.approved and e.pin_id = c.pin_id)
$$;

-- ------------------------------------------------------------------ keeping

-- Something more of this terminal is not kept.
create or replace function claim_refuse(a_terminal int, n bigint) returns void language plpgsql as $$
declare
	total bigint;
begin
	update terminal_watch w set claims_refused = claims_refused + n
	where w.terminal_id = a_terminal
	returning claims_refused into total;
	perform alert_raise(a_terminal, 'claim_waits', '', format('too much waits that this terminal says '
		'of people of other areas; nothing further is kept, %s times so far', total));
end $$;

-- Those of whom there is room for a claim: 1,000 employees a terminal, and 10,000 PINs of nobody yet.
create or replace function claim_room(a_terminal int, pins int[]) returns int[]
	language plpgsql as $$
declare
	refused int[];
begin
	with waiting as (
		select count(e.id) as known, count(*) - count(e.id) as others
		from (select distinct c.pin_id from person_claim c where c.terminal_id = a_terminal) c
		left join employee e on e.pin_id = c.pin_id
	), fresh as (
		select n.pin_id, e.id is not null as known,
			row_number() over (partition by e.id is not null order by n.pin_id) as rank
		from (select distinct unnest(pins) as pin_id) n
		left join employee e on e.pin_id = n.pin_id
		where not exists (select from person_claim c
			where c.terminal_id = a_terminal and c.pin_id = n.pin_id)
	)
	select array_agg(f.pin_id) into refused from fresh f, waiting w
	where case when f.known then w.known + f.rank > 1000 else w.others + f.rank > 10000 end;
	if refused is null then
		return pins;
	end if;
	perform claim_refuse(a_terminal, cardinality(refused));
	return array(select unnest(pins) except select unnest(refused));
end $$;

-- Which of these things there is room for: of a person 60 and 16 MiB a terminal, the smallest first.
-- Their places.
create or replace function claim_fits(a_terminal int, places bigint[], pins int[], slots text[],
	sizes int[]) returns bigint[] language plpgsql stable as $$ -- not SQL: its plan is kept
begin
	return (select coalesce(array_agg(f.place), '{}') from (
		select n.place, w.things, w.bytes,
			sum((c.id is null)::int) over earlier as more_things,
			sum(greatest(n.size - coalesce(octet_length(c.sealed), 0), 0)) over earlier as more_bytes
		from unnest(places, pins, slots, sizes) as n (place, pin_id, slot, size)
		left join person_claim c on c.terminal_id = a_terminal and c.pin_id = n.pin_id
			and c.slot = n.slot
		join (select p.pin_id, count(x.id) as things, coalesce(sum(octet_length(x.sealed)), 0) as bytes
			from (select distinct unnest(pins) as pin_id) p
			left join person_claim x on x.terminal_id = a_terminal and x.pin_id = p.pin_id
			group by p.pin_id) w on w.pin_id = n.pin_id
		window earlier as (partition by n.pin_id
			order by greatest(n.size - coalesce(octet_length(c.sealed), 0), 0), n.place
			rows unbounded preceding)) f
		where f.things + f.more_things <= 60 and f.bytes + f.more_bytes <= 16 << 20);
end $$;

-- The newest of each thing, all of one terminal and one place. How many are new or changed. One of
-- a terminal at a time, so that the bounds are exact. A member that is being filled in stays.
create or replace function claim_keep(a_sn text, a_place text, pins int[], slots text[], words text[],
	details jsonb[], row_keys bytea[], sealed bytea[], hashes bytea[]) returns bigint
	language plpgsql as $$
declare
	home int := (select t.id from terminal t where t.sn = a_sn);
	room int[];
	newest bigint; -- so many
	fit bigint[]; -- these of them, by their places
	changed int[];
begin
	if pins is null then
		return 0;
	end if;
	if home is null then -- it would be kept nowhere, and must not be acknowledged
		raise exception 'terminal % was deleted meanwhile', a_sn using errcode = '57K01';
	end if;
	perform pg_advisory_xact_lock(7263051, home);
	room := claim_room(home, pins);
	select count(*), claim_fits(home, array_agg(n.ord), array_agg(n.pin_id), array_agg(n.slot),
		array_agg(octet_length(n.sealed)))
	into newest, fit
	from (select distinct on (u.pin_id, u.slot) u.*
		from unnest(pins, slots, claim_keep.sealed) with ordinality as u (pin_id, slot, sealed, ord)
		where u.pin_id = any(room) and not person_is_leaving(a_sn, u.pin_id)
		order by u.pin_id, u.slot, u.ord desc) n;
	if cardinality(fit) < newest then
		perform claim_refuse(home, newest - cardinality(fit));
	end if;
	with came as (
		insert into person_claim as c (terminal_id, pin_id, slot, words, place, details, row_key,
			sealed, content_hash)
		select home, n.pin_id, n.slot, n.words, a_place,
			coalesce(n.details, '{}'), n.row_key, n.sealed, n.hash
		from unnest(pins, slots, claim_keep.words, claim_keep.details, row_keys,
			claim_keep.sealed, hashes) with ordinality
			as n (pin_id, slot, words, details, row_key, sealed, hash, ord)
		where n.ord = any(fit)
		order by n.pin_id, n.slot
		on conflict (terminal_id, pin_id, slot) do update set words = excluded.words,
			place = excluded.place, details = excluded.details, row_key = excluded.row_key,
			sealed = excluded.sealed, content_hash = excluded.content_hash,
			received = now()
			where c.content_hash <> excluded.content_hash and not c.due
		returning c.pin_id
	)
	select array_agg(pin_id) into changed from came;
	perform claim_tell(home, changed);
	return coalesce(cardinality(changed), 0);
end $$;

-- One alert a person and terminal; what is of no employee is nobody's business yet.
create or replace function claim_tell(a_terminal int, pins int[]) returns void language sql as $$
	select alert_raise(a_terminal, 'claim_waits', e.emp_code, format('says of %s, who is in no area '
		'of this terminal: %s. It waits until somebody takes it (POST '
		'/personnel/api/employees/take_claims/) or drops it (drop_claims/), or the person comes '
		'to an area of this terminal', e.emp_code, left(said.words, 150)))
	from employee e cross join lateral (
		select string_agg(c.words, ', ' order by c.slot) as words from (
			select x.words, x.slot from person_claim x where x.terminal_id = a_terminal
				and x.pin_id = e.pin_id and not x.due order by x.slot limit 20) c) said
	where e.pin_id = any(pins) and said.words is not null
	order by e.emp_code
$$;

-- ------------------------------------------------------------------ by kind

-- What terminals say comes here, all of one terminal; what counts goes on to template_keep and its kin.
create or replace function template_said(pins text[], forms text[], types int[], nos int[],
	indexes int[], majors int[], minors int[], formats int[], valids int[], duresses int[],
	sizes text[], sns text[], row_keys bytea[], sealed bytea[], hashes bytea[]) returns void
	language plpgsql as $$
declare
	ids int[] := pin_ids(pins);
	own bigint[];
begin
	perform template_lock(ids);
	own := claim_own(sns[1], ids, false);
	if cardinality(own) = cardinality(ids) then
		perform template_keep(pins, forms, types, nos, indexes, majors, minors, formats, valids,
			duresses, sizes, sns, row_keys, sealed, hashes);
		return;
	end if;
	perform template_keep(array_agg(n.pin), array_agg(n.form), array_agg(n.type), array_agg(n.no),
		array_agg(n.index), array_agg(n.major), array_agg(n.minor), array_agg(n.format),
		array_agg(n.valid), array_agg(n.duress), array_agg(n.size), array_agg(n.sn),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash))
	from (select * from unnest(pins, forms, types, nos, indexes, majors, minors, formats, valids,
			duresses, sizes, sns, row_keys, template_said.sealed, hashes) with ordinality
			as u (pin, form, type, no, index, major, minor, format, valid, duress, size, sn,
				row_key, sealed, hash, ord)
		where u.ord = any(own) order by u.ord) n
	having count(*) > 0;
	perform claim_keep(sns[1], 'template.sealed', array_agg(n.pin_id),
		array_agg(format('template %s %s %s %s', n.type, n.no, n.index, n.major)),
		array_agg(n.form || ' ' || case n.type when 2 then n.index else n.no end),
		array_agg(jsonb_build_object('form', n.form, 'type', n.type, 'no', n.no, 'index', n.index,
			'major', n.major, 'minor', n.minor, 'format', n.format, 'valid', n.valid,
			'duress', n.duress, 'size', n.size)),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash))
	from (select * from unnest(ids, forms, types, nos, indexes, majors, minors, formats, valids,
			duresses, sizes, row_keys, template_said.sealed, hashes) with ordinality
			as u (pin_id, form, type, no, index, major, minor, format, valid, duress, size,
				row_key, sealed, hash, ord)
		-- what is known of them already claims nothing
		where u.ord <> all(own) and not exists (select from template x
			where x.pin_id = u.pin_id and x.bio_type = u.type and x.bio_no = u.no
				and x.bio_index = u.index and x.content_hash = u.hash)
		order by u.ord) n;
end $$;

create or replace function photo_said(pins text[], forms text[], types int[], names text[],
	sizes text[], sns text[], row_keys bytea[], sealed bytea[], hashes bytea[]) returns void
	language plpgsql as $$
declare
	ids int[] := pin_ids(pins);
	own bigint[];
begin
	perform template_lock(ids);
	own := claim_own(sns[1], ids, false);
	if cardinality(own) = cardinality(ids) then
		perform photo_keep(pins, forms, types, names, sizes, sns, row_keys, sealed, hashes);
		return;
	end if;
	perform photo_keep(array_agg(n.pin), array_agg(n.form), array_agg(n.type), array_agg(n.name),
		array_agg(n.size), array_agg(n.sn), array_agg(n.row_key), array_agg(n.sealed),
		array_agg(n.hash))
	from (select * from unnest(pins, forms, types, names, sizes, sns, row_keys, photo_said.sealed,
			hashes) with ordinality
			as u (pin, form, type, name, size, sn, row_key, sealed, hash, ord)
		where u.ord = any(own) order by u.ord) n
	having count(*) > 0;
	perform claim_keep(sns[1], 'photo.sealed', array_agg(n.pin_id),
		array_agg(format('photo %s %s', n.form, n.type)), array_agg(n.form),
		array_agg(jsonb_build_object('form', n.form, 'type', n.type, 'name', n.name,
			'size', n.size)),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash))
	from (select * from unnest(ids, forms, types, names, sizes, row_keys, photo_said.sealed, hashes)
			with ordinality as u (pin_id, form, type, name, size, row_key, sealed, hash, ord)
		where u.ord <> all(own) and not exists (select from photo x where x.pin_id = u.pin_id
			and x.form = u.form and x.bio_type = u.type and x.content_hash = u.hash)
		order by u.ord) n;
end $$;

-- Given to nobody, so those of PINs that are no employee's stay the terminal's.
create or replace function fp_image_said(sns text[], terminals int[], pins text[], fingers int[],
	row_keys bytea[], sealed bytea[], hashes bytea[], counts int[]) returns void
	language plpgsql as $$
declare
	ids int[] := array(select pin_id_or_null(p) from unnest(pins) with ordinality n (p, ord)
		order by ord);
	own bigint[];
begin
	perform terminal_stays(terminals[1]);
	perform template_lock(ids);
	own := claim_own(sns[1], ids, true);
	perform fp_image_keep(array_agg(n.sn), array_agg(n.terminal), array_agg(n.pin),
		array_agg(n.finger), array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash),
		array_agg(n.seen))
	from unnest(sns, terminals, pins, fingers, row_keys, fp_image_said.sealed, hashes, counts)
		with ordinality as n (sn, terminal, pin, finger, row_key, sealed, hash, seen, ord)
	where n.ord = any(own) having count(*) > 0;
	perform upload_fresh(claim_keep(sns[1], 'fp_image.sealed', array_agg(n.pin_id),
		array_agg('image ' || n.finger), array_agg('image of finger ' || n.finger),
		array_agg(jsonb_build_object('finger', n.finger)), array_agg(n.row_key),
		array_agg(n.sealed), array_agg(n.hash)))
	from unnest(ids, fingers, row_keys, fp_image_said.sealed, hashes) with ordinality
		as n (pin_id, finger, row_key, sealed, hash, ord)
	where n.ord <> all(own) having count(*) > 0;
end $$;

create or replace function id_card_said(sns text[], terminals int[], pins text[], row_keys bytea[],
	sealed bytea[], hashes bytea[], counts int[]) returns void language plpgsql as $$
declare
	ids int[] := array(select pin_id_or_null(p) from unnest(pins) with ordinality n (p, ord)
		order by ord);
	own bigint[];
begin
	perform terminal_stays(terminals[1]);
	perform template_lock(ids);
	own := claim_own(sns[1], ids, true);
	perform id_card_keep(array_agg(n.sn), array_agg(n.terminal), array_agg(n.pin),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash), array_agg(n.seen))
	from unnest(sns, terminals, pins, row_keys, id_card_said.sealed, hashes, counts)
		with ordinality as n (sn, terminal, pin, row_key, sealed, hash, seen, ord)
	where n.ord = any(own) having count(*) > 0;
	perform upload_fresh(claim_keep(sns[1], 'id_card.sealed', array_agg(n.pin_id),
		array_agg('id_card'::text), array_agg('ID card'::text), array_agg('{}'::jsonb),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash)))
	from unnest(ids, row_keys, id_card_said.sealed, hashes) with ordinality
		as n (pin_id, row_key, sealed, hash, ord)
	where n.ord <> all(own) having count(*) > 0;
end $$;

-- Members that a USER line would fill: first_name, device_password, card_no.
create or replace function user_said(a_terminal int, codes text[], members text[], row_keys bytea[],
	sealed bytea[], hashes bytea[]) returns void language plpgsql as $$
declare
	ids int[] := pin_ids(codes);
begin
	perform template_lock(ids);
	perform claim_keep((select sn from terminal where id = a_terminal), 'person_claim.sealed', ids,
		members, array(select case m when 'first_name' then 'name' when 'card_no'
			then 'card number' else 'password' end from unnest(members) with ordinality x (m, ord)
			order by ord),
		null, row_keys, sealed, hashes);
	-- judged before the lock: they may have come to the area since
	perform claim_take(array(select c.id from person_claim c where c.terminal_id = a_terminal
		and c.pin_id = any(ids) and not c.due and claim_shares(c)), true);
end $$;

-- ------------------------------------------------------------------ taking

-- To where it had gone at once, under the lock of its PIN. newer: what was stored since it was said
-- stays. Members of the person are opened and merged by a process (adms/uploads/claims.c).
create or replace function claim_take(ids bigint[], newer boolean) returns void
	language plpgsql as $$
begin
	if cardinality(ids) = 0 then
		return;
	end if;
	perform template_keep(array_agg(n.code), array_agg(n.d->>'form'), array_agg((n.d->>'type')::int),
		array_agg((n.d->>'no')::int), array_agg((n.d->>'index')::int),
		array_agg((n.d->>'major')::int), array_agg((n.d->>'minor')::int),
		array_agg((n.d->>'format')::int), array_agg((n.d->>'valid')::int),
		array_agg((n.d->>'duress')::int), array_agg(n.d->>'size'), array_agg(n.sn),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.content_hash))
	from claim_found(ids, 'template.sealed') n
	where not (newer and exists (select from template x where x.pin_id = n.pin_id
		and x.bio_type = (n.d->>'type')::int and x.bio_no = (n.d->>'no')::int
		and x.bio_index = (n.d->>'index')::int and x.major_ver = (n.d->>'major')::int
		and x.update_time > n.received))
	having count(*) > 0;
	perform photo_keep(array_agg(n.code), array_agg(n.d->>'form'), array_agg((n.d->>'type')::int),
		array_agg(n.d->>'name'), array_agg(n.d->>'size'), array_agg(n.sn), array_agg(n.row_key),
		array_agg(n.sealed), array_agg(n.content_hash))
	from claim_found(ids, 'photo.sealed') n
	where not (newer and exists (select from photo x where x.pin_id = n.pin_id
		and x.form = n.d->>'form' and x.bio_type = (n.d->>'type')::int
		and x.update_time > n.received))
	having count(*) > 0;
	perform fp_image_keep(array_agg(n.sn), array_agg(n.terminal_id), array_agg(n.code),
		array_agg((n.d->>'finger')::int), array_agg(n.row_key), array_agg(n.sealed),
		array_agg(n.content_hash), array_agg(1))
	from claim_found(ids, 'fp_image.sealed') n having count(*) > 0;
	perform id_card_keep(array_agg(n.sn), array_agg(n.terminal_id), array_agg(n.code),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.content_hash), array_agg(1))
	from claim_found(ids, 'id_card.sealed') n having count(*) > 0;
	perform claim_settle(ids);
	delete from person_claim where id = any(ids) and place <> 'person_claim.sealed';
	update person_claim set due = true where id = any(ids);
	perform terminal_wake(array(select terminal_id from person_claim where id = any(ids)));
end $$;

create or replace function claim_found(ids bigint[], a_place text)
	returns table (sn text, terminal_id int, code text, pin_id int, d jsonb, row_key bytea,
		sealed bytea, content_hash bytea, received timestamptz)
	language sql stable as $$
	select t.sn, t.id, pin.code, pin.id, c.details, c.row_key, c.sealed, c.content_hash, c.received
	from person_claim c join terminal t on t.id = c.terminal_id join pin on pin.id = c.pin_id
	where c.id = any(ids) and c.place = a_place
	order by c.received, c.id
$$;

-- What these were about has been decided.
create or replace function claim_settle(ids bigint[]) returns void language sql as $$
	update alert a set acknowledged = now(), acknowledged_by = nullif(
		current_setting('punchd.claimed_by', true), '')::int
	from (select distinct t.sn, pin.code from person_claim c join terminal t on t.id = c.terminal_id
		join pin on pin.id = c.pin_id where c.id = any(ids)) n
	where a.sn = n.sn and a.kind = 'claim_waits' and a.subject = n.code and a.acknowledged is null
$$;

-- What waits of these employees, of one terminal or of all (null); limited: of those that the account
-- knows. Taken or dropped.
create or replace function claims_decide(employees int[], a_terminal int, by_account int,
	limited boolean, take boolean) returns void language plpgsql as $$
declare
	pins int[] := array(select pin_id from employee where id = any(employees) order by pin_id);
	homes int[] := array(select distinct c.terminal_id from person_claim c
		where c.pin_id = any(pins) and not c.due
			and (a_terminal is null or c.terminal_id = a_terminal)
			and (not limited or c.terminal_id in (select scope_terminals(by_account)))
		order by 1);
	ids bigint[];
begin
	perform terminal_stays(home) from unnest(homes) home;
	perform template_lock(pins);
	ids := array(select c.id from person_claim c where c.pin_id = any(pins) and not c.due
		and c.terminal_id = any(homes) order by c.id for update);
	perform audit_note(case when take then 'take_claims' else 'drop_claims' end, 'employee', n.id,
		jsonb_build_object('terminal', n.sn, 'what', n.words))
	from (select e.id, t.sn, string_agg(c.words, ', ' order by c.slot) as words
		from person_claim c join employee e on e.pin_id = c.pin_id
		join terminal t on t.id = c.terminal_id
		where c.id = any(ids) group by e.id, t.sn order by e.id, t.sn) n;
	perform set_config('punchd.claimed_by', by_account::text, true);
	if take then
		perform claim_take(ids, false);
	else
		perform claim_settle(ids);
		delete from person_claim where id = any(ids);
	end if;
end $$;

-- ------------------------------------------------------------------ coming to an area, and going

-- Before their rows on terminals are locked (people.sql), and so that who uploads of them meanwhile
-- waits: under the lock of a PIN that is in both ways.
create or replace function employee_area_claims() returns trigger language plpgsql as $$
declare
	pins int[] := array(select e.pin_id from employee e
		where e.id in (select employee_id from newer) order by e.pin_id);
begin
	perform from pin where id = any(pins) order by id for share;
	if not exists (select from person_claim where pin_id = any(pins)) then
		return null;
	end if;
	perform claims_come(pins, null);
	-- who became an employee elsewhere: nobody was told
	perform claim_tell(c.terminal_id, array_agg(c.pin_id))
	from (select distinct c.terminal_id, c.pin_id, t.sn, pin.code from person_claim c
		join terminal t on t.id = c.terminal_id join pin on pin.id = c.pin_id
		where c.pin_id = any(pins) and not c.due) c
	where not exists (select from alert a where a.sn = c.sn and a.kind = 'claim_waits'
		and a.subject = c.code)
	group by c.terminal_id;
	return null;
end $$;

create or replace trigger employee_area_claims after insert on employee_area
	referencing new table as newer
	for each statement execute function employee_area_claims();

create or replace function claims_come(pins int[], a_terminal int) returns void
	language plpgsql as $$
begin
	perform from pin where id = any(pins) order by id for no key update;
	perform from terminal_person where pin_id = any(pins) order by terminal_id, pin_id for update;
	perform claim_take(array(select c.id from person_claim c where c.pin_id = any(pins)
		and (a_terminal is null or c.terminal_id = a_terminal) and not c.due and claim_shares(c)
		order by c.id), true);
end $$;

create or replace function terminal_claims() returns trigger language plpgsql as $$
declare
	pins int[] := array(select distinct c.pin_id from person_claim c where c.terminal_id = new.id
		and not c.due and claim_shares(c) order by c.pin_id);
begin
	if cardinality(pins) > 0 then
		perform template_lock(pins);
		perform claims_come(pins, new.id);
	end if;
	return null;
end $$;

-- by its name before terminal_after, which locks rows of people on it
create or replace trigger claims_of_moved after update on terminal
	for each row when (new.approved
		and (new.area_id, new.approved) is distinct from (old.area_id, old.approved))
	execute function terminal_claims();

-- A later employee with the same PIN is somebody else. The terminals that said something hold the
-- person, whoever put them there, and are told to remove them.
create or replace function employee_deleted_claims() returns trigger language plpgsql as $$
declare
	ids bigint[] := array(select id from person_claim
		where pin_id in (select pin_id from older) order by id);
begin
	if cardinality(ids) > 0 then
		insert into terminal_person (terminal_id, pin_id, wanted, former)
		select distinct c.terminal_id, c.pin_id, false, true from person_claim c
		where c.id = any(ids) order by 1, 2
		on conflict do nothing;
		perform terminal_wake(array(select terminal_id from person_claim where id = any(ids)));
		perform claim_settle(ids);
		delete from person_claim where id = any(ids);
	end if;
	return null;
end $$;

-- by its name after employee_deleted, which locks the PIN
create or replace trigger employee_deleted_claims after delete on employee
	referencing old table as older
	for each statement execute function employee_deleted_claims();

-- What nobody took for so long, and all that waits of these PINs, which are locked. How many. What
-- is being written or decided is passed over, for its PIN is not.
create or replace function claim_expire(places text[], since timestamptz, pins int[]) returns bigint
	language plpgsql as $$
declare
	ids bigint[] := array(select id from person_claim where pin_id = any(pins)
		or (received < since and place = any(places)) order by received limit 200
		for update skip locked);
begin
	perform claim_settle(ids) where cardinality(ids) > 0;
	delete from person_claim where id = any(ids);
	return cardinality(ids);
end $$;

-- ------------------------------------------------------------------ members

-- Taken members that are still to be filled in.
create or replace function claims_due(a_terminal int, most int)
	returns table (id bigint, code text, member text, row_key bytea, sealed bytea)
	language sql stable as $$
	select c.id, pin.code, c.slot, c.row_key, c.sealed
	from person_claim c join pin on pin.id = c.pin_id
	where c.terminal_id = a_terminal and c.due order by c.pin_id, c.id limit most
$$;

-- These are filled in with what follows in the transaction, judged by people's sealed records as they
-- were. Fails as a lost race does when one is another by now.
create or replace function claims_filled(a_terminal int, ids bigint[], employees int[], was bytea[])
	returns void language plpgsql as $$
begin
	perform terminal_stays(a_terminal);
	perform from employee where id = any(employees) order by id for update;
	if exists (select from unnest(employees, was) as n (id, was) left join employee e on e.id = n.id
			where e.sealed is distinct from n.was) then
		raise exception 'a person was changed meanwhile' using errcode = '40001';
	end if;
	delete from person_claim where id = any(ids) and due;
end $$;

-- The database does not take this one (a card that is somebody's already): it waits on.
create or replace function claims_returned(ids bigint[]) returns void language sql as $$
	update person_claim set due = false where id = any(ids);
	select alert_raise(t.id, 'claim_waits', pin.code, format('what this terminal says of %s was taken '
		'and could not be stored: %s. It waits until somebody drops it (POST '
		'/personnel/api/employees/drop_claims/)', pin.code, c.words))
	from person_claim c join terminal t on t.id = c.terminal_id join pin on pin.id = c.pin_id
	where c.id = any(ids) order by c.id
$$;

-- ------------------------------------------------------------------ REST

create or replace view person_claims as
	select min(c.id) as id, c.terminal_id, c.pin_id,
		string_agg(c.words, ', ' order by c.slot) as words, min(c.received) as since,
		max(c.received) as received
	from person_claim c where not c.due group by c.terminal_id, c.pin_id;
