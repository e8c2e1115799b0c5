set local check_function_bodies = off; -- functions may name each other in any order

-- One live card, one person. card_holder says whose each card is; who has resigned or is deleted lets
-- go of theirs. Hashes are those of the normal form (server/base/card.h), but for what was stored as it
-- was typed and has not been brought into that form yet (cards_normalise).

-- Whether a person's card may verify them and be given to terminals.
create or replace function card_counts(an_employee int, a_hash bytea) returns boolean
	language sql stable as $$
	select a_hash is not null and case
		when exists (select from card_holder h where h.hash = a_hash) then
			exists (select from card_holder h where h.hash = a_hash and h.employee_id = an_employee)
		else exists (select from walk w
			where w.name = 'cards' and w.done is null and an_employee > w.place) end
$$;

-- Whether somebody else who works here has one of these.
create or replace function card_taken(hashes bytea[], but_of int) returns boolean
	language sql stable as $$
	select exists (select from employee x
		where x.card_hash = any(hashes) and x.id is distinct from but_of
			and not exists (select from resign r where r.employee_id = x.id))
$$;

-- A card becomes somebody's. Of two at the same moment the second waits, and is refused; with
-- punchd.cards = 'keep' both keep it and it counts for nobody.
create or replace function card_take(an_employee int, a_hash bytea) returns void
	language plpgsql as $$
declare
	holder int;
begin
	if a_hash is null or not exists (select from employee where id = an_employee)
		or exists (select from resign where employee_id = an_employee) then
		return;
	end if;
	loop
		insert into card_holder (hash, employee_id) values (a_hash, an_employee)
		on conflict do nothing;
		exit when found;
		select employee_id into holder from card_holder where hash = a_hash for update;
		continue when not found;
		exit when holder = an_employee;
		if coalesce(current_setting('punchd.cards', true), '') <> 'keep' then
			raise exception 'a card is somebody else''s' using errcode = '23505',
				table = 'employee', constraint = 'employee_card_no_key';
		end if;
		update card_holder set employee_id = null where hash = a_hash and employee_id is not null;
		exit;
	end loop;
end $$;

-- And nobody's any more. One that was two people's is the other's then, and is sent to where they
-- belong.
create or replace function card_let_go(an_employee int, a_hash bytea) returns void
	language plpgsql as $$
declare
	holder int;
	heirs int[];
begin
	select employee_id into holder from card_holder where hash = a_hash for update;
	if not found or holder <> an_employee then
		return;
	elsif holder = an_employee then
		delete from card_holder where hash = a_hash;
		return;
	end if;
	heirs := array(select e.id from employee e where e.card_hash = a_hash and e.id <> an_employee
		and not exists (select from resign r where r.employee_id = e.id) limit 2);
	if cardinality(heirs) = 0 then
		delete from card_holder where hash = a_hash;
	elsif cardinality(heirs) = 1 then
		update card_holder set employee_id = heirs[1] where hash = a_hash;
		perform card_settled(heirs[1]);
		perform person_mark(array_agg(pin_id)) from employee where id = heirs[1];
	end if;
end $$;

create or replace function card_moved() returns trigger language plpgsql as $$
begin
	if tg_op <> 'INSERT' then
		perform card_let_go(old.id, old.card_hash);
		perform card_settled(old.id);
	end if;
	if tg_op <> 'DELETE' then
		perform card_take(new.id, new.card_hash);
	end if;
	return null;
end $$;

create or replace trigger card_came after insert on employee
	for each row when (new.card_hash is not null) execute function card_moved();
create or replace trigger card_changed after update of card_hash on employee
	for each row when (new.card_hash is distinct from old.card_hash) execute function card_moved();
create or replace trigger card_went after delete on employee
	for each row when (old.card_hash is not null) execute function card_moved();

create or replace function card_resigned() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' then
		perform card_let_go(new.employee_id, e.card_hash) from employee e
		where e.id = new.employee_id and e.card_hash is not null;
	else
		perform card_take(old.employee_id, e.card_hash) from employee e
		where e.id = old.employee_id and e.card_hash is not null;
	end if;
	return null;
end $$;

create or replace trigger card_resigned after insert or delete on resign
	for each row execute function card_resigned();

-- ------------------------------------------------------------------ told

create or replace function card_unclear(an_employee int, why text) returns void language sql as $$
	insert into alert (kind, sn, subject, text)
	select 'card_unclear', '', e.emp_code, format('the card of %s is given to no terminal and '
		'verifies nobody: %s', e.emp_code, why)
	from employee e where e.id = an_employee
	on conflict (sn, kind, subject) where acknowledged is null do nothing
$$;

create or replace function card_settled(an_employee int) returns void language sql as $$
	update alert set acknowledged = now()
	where sn = '' and kind = 'card_unclear' and acknowledged is null
		and subject = (select emp_code from employee where id = an_employee)
$$;

-- All who have one of these cards where it is nobody's.
create or replace function card_doubles_tell(hashes bytea[]) returns void language sql as $$
	select card_unclear(e.id, 'it is also somebody else''s')
	from card_holder h join employee e on e.card_hash = h.hash
	where h.hash = any(hashes) and h.employee_id is null
		and not exists (select from resign r where r.employee_id = e.id)
	order by e.id
$$;

-- A terminal says of a person (a PIN) that they have a card which is another's.
create or replace function card_refused(a_terminal int, a_code text) returns void
	language sql as $$
	select alert_raise(a_terminal, 'card_in_use', a_code, format('the card that this terminal says '
		'of %s is somebody else''s: it was not taken', a_code), interval '1 hour')
$$;

-- ------------------------------------------------------------------ the form, once

-- The next rows are done. hashes: of the normal form; null: no card. sealed: null where it is as it
-- was. unread: those of whose card no number can be made; it stays. Nobody has changed anything: no
-- version, no command, no audit.
create or replace function cards_normalise(ids int[], was bytea[], hashes bytea[], sealed bytea[],
	unread int[]) returns void language plpgsql as $$
declare
	n record;
begin
	perform from employee where id = any(ids) order by id for update;
	if exists (select from unnest(ids, was) as u (id, was) join employee e on e.id = u.id
			where e.sealed <> u.was) then
		raise exception 'somebody was changed since they were read' using errcode = '40001';
	end if;
	perform set_config('punchd.cards', 'keep', true);
	perform set_config('punchd.settling', 'on', true);
	for n in select u.id, u.hash, u.sealed from unnest(ids, hashes, cards_normalise.sealed)
			as u (id, hash, sealed)
		where u.id <> all(unread) order by u.id loop
		update employee e set card_hash = n.hash, sealed = coalesce(n.sealed, e.sealed)
		where e.id = n.id and (e.card_hash is distinct from n.hash or n.sealed is not null);
		perform card_take(n.id, n.hash);
	end loop;
	perform set_config('punchd.settling', '', true);
	perform set_config('punchd.cards', '', true);
	perform card_unclear(u, 'it is no number') from unnest(unread) u;
	perform card_doubles_tell(hashes);
end $$;
