-- Templates and photos: kept as terminals upload them, and put on every other terminal where their
-- person is wanted. Tables and what their columns mean: migrations/0002_templates.sql.
--
-- Locks are taken in this order everywhere: employee, pin, terminal_person (by terminal, then PIN),
-- terminal_template. Who writes a template locks its PIN against others who do, so versions of one
-- PIN are committed in order, and against new rows of terminal_person, which would not know of it.
-- (Not against references to the PIN: those are checked at any time.)

-- ------------------------------------------------------------------ keeping

-- The last one of a key wins; an unchanged one is only touched. Nothing is kept of a deleted person
-- by a terminal that is still to remove them.
create or replace function template_keep(pins text[], forms text[], types int[], nos int[],
	indexes int[], majors int[], minors int[], formats int[], valids int[], duresses int[],
	sizes text[], sns text[], row_keys bytea[], sealed bytea[], hashes bytea[]) returns void
	language plpgsql as $$
declare
	ids int[] := pin_ids(pins);
begin
	perform template_lock(ids);
	with said as (
		insert into terminal_own as o (sn, bio_type, major_ver)
		select distinct on (n.sn, n.type) n.sn, n.type, n.major
		from unnest(sns, types, majors) with ordinality as n (sn, type, major, ord)
		order by n.sn, n.type, n.ord desc
		on conflict (sn, bio_type) do update set major_ver = excluded.major_ver
			where o.major_ver <> excluded.major_ver
		returning o.sn
	)
	update terminal_bio b set stale = true from terminal t
	where t.sn in (select sn from said) and b.terminal_id = t.id and not b.stale;
	-- the same from before the terminal had said its version
	delete from template where id = any(array(
		select o.id from unnest(ids, types, nos, indexes, majors, sns)
			as n (pin_id, type, no, index, major, sn)
		cross join lateral (select t.id from template t where t.pin_id = n.pin_id
			and t.bio_type = n.type and t.bio_no = n.no and t.bio_index = n.index
			and t.major_ver = 0 and t.sn = n.sn limit 1) o
		where n.major > 0));
	insert into template as t (pin_id, form, bio_type, bio_no, bio_index, major_ver, minor_ver,
		bio_format, valid, duress, size, sn, row_key, sealed, content_hash)
	select distinct on (n.pin_id, n.type, n.no, n.index, n.major) n.pin_id, n.form, n.type, n.no,
		n.index, n.major, n.minor, n.format, n.valid, n.duress, n.size, n.sn, n.row_key,
		n.sealed, n.hash
	from unnest(ids, forms, types, nos, indexes, majors, minors, formats, valids, duresses, sizes,
		sns, row_keys, template_keep.sealed, hashes) with ordinality
		as n (pin_id, form, type, no, index, major, minor, format, valid, duress, size, sn,
			row_key, sealed, hash, ord)
	where not person_is_leaving(n.sn, n.pin_id)
	order by n.pin_id, n.type, n.no, n.index, n.major, n.ord desc
	on conflict (pin_id, bio_type, bio_no, bio_index, major_ver) do update set
		form = excluded.form, minor_ver = excluded.minor_ver, bio_format = excluded.bio_format,
		valid = excluded.valid, duress = excluded.duress, size = excluded.size,
		sn = excluded.sn, row_key = excluded.row_key, sealed = excluded.sealed,
		content_hash = excluded.content_hash, problem = null, update_time = now();
end $$;

create or replace function photo_keep(pins text[], forms text[], types int[], names text[],
	sizes text[], sns text[], row_keys bytea[], sealed bytea[], hashes bytea[]) returns void
	language sql as $$
	select template_lock(pin_ids(pins));
	insert into photo as p (pin_id, form, bio_type, file_name, size, sn, row_key, sealed,
		content_hash)
	select distinct on (n.pin_id, n.form, n.type) n.pin_id, n.form, n.type, n.name, n.size, n.sn,
		n.row_key, n.sealed, n.hash
	from unnest(pin_ids(pins), forms, types, names, sizes, sns, row_keys, photo_keep.sealed,
		hashes) with ordinality
		as n (pin_id, form, type, name, size, sn, row_key, sealed, hash, ord)
	where not person_is_leaving(n.sn, n.pin_id)
	order by n.pin_id, n.form, n.type, n.ord desc
	on conflict (pin_id, form, bio_type) do update set file_name = excluded.file_name,
		size = excluded.size, sn = excluded.sn, row_key = excluded.row_key,
		sealed = excluded.sealed, content_hash = excluded.content_hash, problem = null,
		update_time = now()
$$;

create or replace function template_lock(pins int[]) returns void language sql as $$
	select from employee where pin_id = any(pins) order by id for no key update;
	select from pin where id = any(pins) order by id for no key update;
	-- all at once: the triggers come twice, for what is new and for what was there
	select from terminal_person where pin_id = any(pins) order by terminal_id, pin_id for update;
$$;

create or replace function person_is_leaving(a_sn text, a_pin int) returns boolean
	language sql stable as $$
	select exists (select from terminal t join terminal_person p on p.terminal_id = t.id
		where t.sn = a_sn and p.pin_id = a_pin and (p.former
			or not p.wanted and not exists (select from employee where pin_id = a_pin)))
$$;

-- A new version with every new content. What is the same as before stays as it is: a terminal
-- that repeats what it was sent must not send it round again. It is new, too, when something was
-- against it before: a size that was not its own.
create or replace function template_before() returns trigger language plpgsql as $$
begin
	if tg_op = 'UPDATE' and new.content_hash is not distinct from old.content_hash
		and (old.problem is null or new.problem is not null) then
		new.version := old.version;
		new.sn := old.sn;
		return new;
	end if;
	perform from pin where id = new.pin_id for no key update;
	new.version := nextval('template_version');
	return new;
end $$;

create or replace trigger template_before before insert or update on template
	for each row execute function template_before();
create or replace trigger photo_before before insert or update on photo
	for each row execute function template_before();

-- These PINs have something new: where they are wanted, it is to be sent. The terminal it came
-- from has it already.
create or replace function template_mark(pins int[], versions bigint[], sns text[]) returns void
	language plpgsql as $$
declare
	touched int[];
begin
	update pin set bio_version = n.version from unnest(pins, versions) as n (pin_id, version)
	where pin.id = n.pin_id and pin.bio_version < n.version;
	perform from terminal_person where pin_id = any(pins) order by terminal_id, pin_id for update;
	with raised as (
		update terminal_person p set bio_version = n.version,
			bio_sent = case when t.sn = n.sn and p.user_there and p.bio_sent = p.bio_version
				then n.version else p.bio_sent end
		from unnest(pins, versions, sns) as n (pin_id, version, sn), terminal t
		where p.pin_id = n.pin_id and t.id = p.terminal_id and p.bio_version < n.version
		returning p.terminal_id, p.wanted and p.bio_sent < p.bio_version as due
	)
	select array_agg(distinct terminal_id) into touched from raised where due;
	-- what was missing at the terminal it came from need not be any more
	update terminal_person p set bio_reason = template_reason(p.pin_id, b.versions, b.photos,
		b.pictures)
	from terminal_bio b
	where b.terminal_id = p.terminal_id and p.pin_id = any(pins) and p.bio_reason is not null
		and p.bio_sent = p.bio_version;
	perform terminal_wake(touched);
end $$;

create or replace function template_inserted() returns trigger language plpgsql as $$
begin
	perform template_mark(array_agg(pin_id), array_agg(version), array_agg(sn)) from (
		select pin_id, max(version) as version, case when min(sn) = max(sn) then min(sn) end as sn
		from newer group by pin_id order by pin_id) n
	having count(*) > 0;
	return null;
end $$;

create or replace function template_updated() returns trigger language plpgsql as $$
begin
	perform template_mark(array_agg(pin_id), array_agg(version), array_agg(sn)) from (
		select n.pin_id, max(n.version) as version,
			case when min(n.sn) = max(n.sn) then min(n.sn) end as sn
		from newer n join older o using (id) where n.version <> o.version
		group by n.pin_id order by n.pin_id) n
	having count(*) > 0;
	return null;
end $$;

create or replace trigger template_inserted after insert on template
	referencing new table as newer for each statement execute function template_inserted();
create or replace trigger template_updated after update on template
	referencing old table as older new table as newer
	for each statement execute function template_updated();
create or replace trigger photo_inserted after insert on photo
	referencing new table as newer for each statement execute function template_inserted();
create or replace trigger photo_updated after update on photo
	referencing old table as older new table as newer
	for each statement execute function template_updated();

-- What is gone is not sent any more, and no longer a reason.
create or replace function template_deleted() returns trigger language plpgsql as $$
begin
	if not exists (select from older) then
		return null;
	end if;
	perform from terminal_person p
	where p.bio_reason is not null and p.pin_id in (select pin_id from older)
	order by p.terminal_id, p.pin_id for update;
	if tg_table_name = 'template' then
		delete from terminal_template where template_id in (select id from older);
	else
		delete from terminal_template where photo_id in (select id from older);
	end if;
	update terminal_person p set bio_reason = template_reason(p.pin_id, b.versions, b.photos,
		b.pictures)
	from terminal_bio b
	where b.terminal_id = p.terminal_id and p.bio_reason is not null
		and p.pin_id in (select pin_id from older);
	return null;
end $$;

create or replace trigger template_deleted after delete on template
	referencing old table as older for each statement execute function template_deleted();
create or replace trigger photo_deleted after delete on photo
	referencing old table as older for each statement execute function template_deleted();

-- A later employee with the same PIN is somebody else.
create or replace function employee_deleted_bio() returns trigger language plpgsql as $$
begin
	delete from template where pin_id in (select pin_id from older);
	delete from photo where pin_id in (select pin_id from older);
	return null;
end $$;

create or replace trigger employee_deleted_bio after delete on employee
	referencing old table as older
	for each statement execute function employee_deleted_bio();

-- ------------------------------------------------------------------ the cursor

-- Whose user record is not there gets no templates; whose record is made anew gets all of them.
create or replace function terminal_person_before() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' then
		if not exists (select from terminal_person p where p.terminal_id = new.terminal_id
				and p.pin_id = new.pin_id) then
			select pin.bio_version into new.bio_version from pin where pin.id = new.pin_id
			for share;
		end if;
		return new;
	end if;
	if new.wanted <> old.wanted then
		new.user_there := false;
		new.bio_sent := 0;
		new.bio_reason := null;
		delete from terminal_template
		where terminal_id = new.terminal_id and pin_id = new.pin_id;
	end if;
	if new.confirmed_version = 0 then
		new.user_there := false;
		new.bio_sent := 0;
	elsif new.wanted and new.confirmed_version <> old.confirmed_version
		and coalesce(new.return_value, 0) = 0 then
		if not new.user_there and old.sent_id is null
			and template_is_from(new.pin_id, new.terminal_id) then
			new.bio_sent := new.bio_version; -- enrolled there
		end if;
		if not new.user_there then
			new.there_since := now();
		end if;
		new.user_there := true;
		update terminal_template set due = now()
		where terminal_id = new.terminal_id and pin_id = new.pin_id and due = 'infinity';
	end if;
	return new;
end $$;

create or replace trigger terminal_person_inserted before insert on terminal_person
	for each row execute function terminal_person_before();
create or replace trigger terminal_person_updated before update on terminal_person
	for each row when ((old.wanted, old.confirmed_version)
		is distinct from (new.wanted, new.confirmed_version))
	execute function terminal_person_before();

-- True when all that is known of this PIN was uploaded by this terminal.
create or replace function template_is_from(a_pin int, a_terminal int) returns boolean
	language sql stable as $$
	select not exists (select from template where pin_id = a_pin and sn <> t.sn)
		and not exists (select from photo where pin_id = a_pin and sn <> t.sn)
	from terminal t where t.id = a_terminal
$$;

-- Everything again: these people on all terminals.
create or replace function template_resend_people(pins int[]) returns void language sql as $$
	select from terminal_person where pin_id = any(pins) order by terminal_id, pin_id for update;
	delete from terminal_template where pin_id = any(pins);
	update terminal_person set bio_sent = 0 where bio_sent <> 0 and pin_id = any(pins);
$$;

-- Everybody again on one terminal, whose rows are locked.
create or replace function template_resend_terminal(a_terminal int) returns void
	language sql as $$
	delete from terminal_template where terminal_id = a_terminal;
	update terminal_person set bio_sent = 0 where bio_sent <> 0 and terminal_id = a_terminal;
$$;

-- Somebody was removed from these terminals: there may be room again.
create or replace function terminal_has_room() returns trigger language plpgsql as $$
begin
	update terminal_template set due = now()
	where terminal_id in (select terminal_id from older) and return_value = -1001
		and due > now() and due < 'infinity';
	update terminal_person p set retry_at = null
	where terminal_id in (select terminal_id from older) and return_value = -1001
		and version <> confirmed_version and retry_at > now();
	return null;
end $$;

create or replace trigger terminal_has_room after delete on terminal_person
	referencing old table as older for each statement execute function terminal_has_room();

-- ------------------------------------------------------------------ REST

-- What has become of a person on a terminal:
-- removing  is to be removed, or the terminal has not said that it did
-- waiting   something is to be sent, or not answered
-- refused   the terminal did not take the user record
-- incomplete  the user is there, but something of the enrolment is not: see `missing`
-- complete
create or replace function person_state(p terminal_person) returns text language sql stable as $$
	select case
		when not p.wanted then 'removing'
		when not p.user_there and p.return_value <> 0 and (p.version = p.confirmed_version
			or p.retry_at > now()) then 'refused'
		when p.version <> p.confirmed_version or p.bio_sent < p.bio_version
			or exists (select from terminal_template q where q.terminal_id = p.terminal_id
				and q.pin_id = p.pin_id and q.due is not null and q.reason is null) then 'waiting'
		when p.bio_reason is not null or exists (select from terminal_template q
			where q.terminal_id = p.terminal_id and q.pin_id = p.pin_id
				and not template_delivered(q)) then 'incomplete'
		when not p.user_there then 'refused'
		else 'complete'
	end
$$;

-- What of a person is not on a terminal, and why; null: nothing, or not known yet.
create or replace function person_missing(p terminal_person) returns text
	language sql stable as $$
	select string_agg(reason, '. ') from (
		select 'user: ' || command_meaning('DATA UPDATE USERINFO', p.return_value) || ' ('
			|| p.return_value || ')' as reason
		where p.wanted and not p.user_there and p.return_value <> 0
		union all
		select 'the terminal was cleared and stays empty until sync'
		from terminal t where t.id = p.terminal_id and t.people_held and p.wanted
		union all
		select p.bio_reason where p.wanted
		union all
		select * from (select q.reason from terminal_template q
			where q.terminal_id = p.terminal_id and q.pin_id = p.pin_id order by q.id) t
	) r
	where reason is not null
$$;

create or replace view terminal_people as
	select p.row_id as id, p as person, p.* from terminal_person p;
