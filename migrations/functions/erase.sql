-- Erasing a person: what is held of somebody goes, here and on terminals, and a receipt stays.
--
-- The PIN keeps its row, for the removal that terminals still have to be told by it. Punches that are
-- to be counted further move to a PIN of their own that says nothing.

-- A PIN nobody has.
create or replace function erased_pin() returns int language plpgsql as $$
declare
	made int;
begin
	loop
		insert into pin (code)
		values ('erased-' || left(replace(gen_random_uuid()::text, '-', ''), 12))
		on conflict do nothing returning id into made;
		exit when made is not null;
	end loop;
	return made;
end $$;

-- Punches of a PIN: kept under another, or deleted. Under the lock of who writes punches.
create or replace function erase_punches(a_pin int, mode text) returns jsonb language plpgsql as $$
declare
	fresh int;
	ids bigint[] := array(select id from punch where pin_id = a_pin);
	-- a clock that was wrong must not say of years to come that they were before
	last_one timestamp := (select max(punch_time) from punch where pin_id = a_pin
		and punch_time <= localtimestamp + interval '1 day');
	wild timestamp[] := array(select punch_time from punch where pin_id = a_pin
		and punch_time > localtimestamp + interval '1 day');
begin
	update pin set erased_at = clock_timestamp() where id = a_pin;
	if mode = 'keep' then
		update pin set erased_up_to = '-infinity' where id = a_pin;
		return jsonb_build_object('code', (select code from pin where id = a_pin));
	end if;
	update pin set erased_up_to = greatest(localtimestamp, last_one) where id = a_pin;
	if mode = 'delete' then
		delete from punch_variant where pin_id = a_pin;
		delete from punch_odd_time where pin_id = a_pin;
		perform punch_delete(ids);
		update punch_shift_row set pin_id = null where pin_id = a_pin;
		-- what was compared with terminals stays right, but says nobody's name
		insert into punch_aside (sn, punch_time, key)
		select sn, punch_time, 'x' || gen_random_uuid() from punch_aside where key = 'p' || a_pin;
	else
		fresh := erased_pin();
		-- rest may hold the whole line
		update punch set pin_id = fresh, rest = null where pin_id = a_pin;
		update punch_variant set pin_id = fresh, rest = null where pin_id = a_pin;
		update punch_odd_time set pin_id = fresh where pin_id = a_pin;
		update punch_shift_row set pin_id = fresh where pin_id = a_pin;
		update punch_counter set deleted = deleted + 1;
	end if;
	delete from punch_aside where key = 'p' || a_pin;
	delete from punch_tombstone where pin_id = a_pin;
	insert into punch_tombstone select a_pin, unnest(wild);
	return jsonb_build_object('code', (select code from pin where id = fresh),
		'punches', cardinality(ids));
end $$;

-- Of lines that are stored again: those from before an erasure count as deleted. What this leaves
-- behind is taken away by punch_erased_done().
create or replace function punch_erased(pins int[], times timestamp[]) returns boolean
	language plpgsql as $$
begin
	insert into punch_tombstone (pin_id, punch_time)
	select n.pin_id, n.punch_time from unnest(pins, times) as n (pin_id, punch_time)
	join pin on pin.id = n.pin_id and n.punch_time <= pin.erased_up_to
		and pin.erased_up_to is not null -- for the small index
	on conflict do nothing;
	return found;
end $$;

create or replace function punch_erased_done(pins int[]) returns void language sql as $$
	delete from punch_tombstone d using pin where pin.id = any(pins)
		and d.pin_id = pin.id and d.punch_time <= pin.erased_up_to;
	delete from punch_aside where key in (select 'p' || id from pin
		where id = any(pins) and erased_up_to > '-infinity');
$$;

-- What names the person among what terminals uploaded, commands and alerts. Counts.
create or replace function erase_uploads(a_pin int, a_code text, rejects bigint[], uploads bigint[],
	errors bigint[]) returns jsonb language plpgsql as $$
declare
	counts jsonb := '{}';
	n bigint;
begin
	delete from reject where id = any(rejects);
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('rejected_lines', n);
	delete from raw_upload where id = any(uploads) or pin_id = a_pin;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('raw_uploads', n);
	delete from error_log where id = any(errors);
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('error_logs', n);
	delete from operation_log where operator = a_code
		or (objects[1] = a_code and oplog_on_user(code));
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('operation_logs', n);
	-- those on their way are what removes the person
	delete from terminal_command where state not in ('queued', 'sent')
		and (regexp_match(content, '(?:^|[\t ])(?:pin|user_id|userid)=([^\t]*)', 'i'))[1] = a_code;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('commands', n);
	delete from alert where subject = a_code;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('alerts', n);
	delete from import_misfit where row ~ ('(^|[^0-9A-Za-z])' || regexp_replace(a_code,
		'([^0-9A-Za-z])', '\\\1', 'g') || '($|[^0-9A-Za-z])');
	delete from import_punch where emp_code = a_code;
	return counts;
end $$;

create or replace function erase_pictures(a_pin int) returns jsonb language plpgsql as $$
declare
	counts jsonb := '{}';
	n bigint;
begin
	delete from punch_photo where pin_id = a_pin;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('punch_photos', n);
	delete from fp_image where pin_id = a_pin;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('fingerprint_images', n);
	delete from id_card where pin_id = a_pin;
	get diagnostics n = row_count;
	return counts || jsonb_build_object('id_cards', n);
end $$;

-- Their audit rows can no longer be read; those that are still to be sealed never will be.
create or replace function audit_erase(a_pin int) returns bigint
	language plpgsql security definer set search_path = public, pg_temp as $$
declare
	n bigint;
begin
	update audit_pending set before = null, after = null, old_row_key = null, old_sealed = null,
		new_row_key = null, new_sealed = null, erased = true
	where pin_id = a_pin;
	delete from person_key where pin_id = a_pin;
	select count(*) into n from audit_log where pin_id = a_pin and personal is not null;
	return n;
end $$;

-- Erases the employee; rejects, uploads, errors: rows of those tables that were found to name the
-- person. Returns the receipt's id; null: there is no such employee, or not with this code.
create or replace function person_erase(employee int, a_code text, mode text, rejects bigint[],
	uploads bigint[], errors bigint[], an_account int, a_name text) returns int
	language plpgsql as $$
declare
	e employee%rowtype;
	who text := current_setting('punchd.actor', true);
	counts jsonb;
	moved jsonb;
	made int;
begin
	select * into e from employee x where x.id = employee and x.emp_code = a_code for update;
	if not found then
		return null;
	end if;
	perform set_config('punchd.actor', '', true); -- the receipt says it, without the person
	perform template_lock(array[e.pin_id]);
	counts := jsonb_build_object('employee', 1,
		'templates', (select count(*) from template where pin_id = e.pin_id),
		'photos', (select count(*) from photo where pin_id = e.pin_id),
		'claims', (select count(*) from person_claim where pin_id = e.pin_id),
		'bio_photos', (select count(*) from bio_photo b where b.employee_id = e.id),
		'messages', (select count(*) from private_message m where m.employee_id = e.id),
		'manual_logs', (select count(*) from manual_log l where l.employee_id = e.id),
		'leaves', (select count(*) from att_leave l where l.employee_id = e.id),
		'staff_login', (select count(*) from staff_login s where s.employee_id = e.id));
	delete from employee x where x.id = e.id;
	counts := counts || erase_pictures(e.pin_id)
		|| erase_uploads(e.pin_id, e.emp_code, rejects, uploads, errors);
	moved := erase_punches(e.pin_id, mode);
	counts := counts || (moved - 'code') || jsonb_build_object('audit_rows', audit_erase(e.pin_id));
	insert into erasure (employee, account_id, account_name, punches, code, removed, pin_id)
	values (e.id, an_account, a_name, mode, moved ->> 'code', counts, e.pin_id)
	returning id into made;
	insert into erasure_terminal (erasure_id, terminal_id, sn, alias)
	select made, t.id, t.sn, t.alias from terminal_person p join terminal t on t.id = p.terminal_id
	where p.pin_id = e.pin_id and not p.wanted;
	perform erasure_settle(made);
	perform set_config('punchd.actor', coalesce(who, ''), true);
	perform audit_note('erase', 'employee', e.id, jsonb_build_object('erasure', made,
		'punches', mode));
	return made;
end $$;

-- When the last terminal has confirmed, nothing leads back to the PIN any more.
create or replace function erasure_settle(a_erasure int) returns void language sql as $$
	update erasure e set completed = now(), pin_id = null
	where e.id = a_erasure and e.completed is null and not exists (select from erasure_terminal t
		where t.erasure_id = e.id and t.confirmed is null)
$$;

create or replace function erasure_confirmed() returns trigger language plpgsql as $$
declare
	one int;
begin
	for one in update erasure_terminal t set confirmed = now(), outcome =
			case when exists (select from terminal x where x.id = t.terminal_id)
				then 'removed' else 'the terminal was deleted' end
		from erasure e
		where e.id = t.erasure_id and e.pin_id = old.pin_id
			and t.terminal_id = old.terminal_id and t.confirmed is null
		returning t.erasure_id loop
		perform erasure_settle(one);
	end loop;
	return null;
end $$;

-- Confirmed: the row goes, or what the terminal held of the former holder has.
create or replace trigger erasure_deleted after delete on terminal_person
	for each row when (not old.wanted or old.former) execute function erasure_confirmed();
create or replace trigger erasure_former after update of former on terminal_person
	for each row when (old.former and not new.former) execute function erasure_confirmed();

-- What a terminal that still has the person uploads of them is not kept, and no picture of a
-- punch that is from before, whatever became of the punch.
create or replace function erased_refuse() returns trigger language plpgsql as $$
declare
	up_to timestamp := (select greatest(erased_up_to, erased_at::timestamp) from pin
		where id = new.pin_id);
begin
	if up_to is null or not (person_is_leaving(new.sn, new.pin_id)
		or coalesce((to_jsonb(new) ->> 'punch_time')::timestamp <= up_to, false)) then
		return new;
	end if;
	return null;
end $$;

create or replace trigger erased_refuse before insert on raw_upload
	for each row when (new.pin_id is not null) execute function erased_refuse();
create or replace trigger erased_refuse before insert on punch_photo
	for each row when (new.pin_id is not null) execute function erased_refuse();
create or replace trigger erased_refuse before insert on fp_image
	for each row when (new.pin_id is not null) execute function erased_refuse();
create or replace trigger erased_refuse before insert on id_card
	for each row when (new.pin_id is not null) execute function erased_refuse();
