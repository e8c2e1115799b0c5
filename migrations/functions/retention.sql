set local check_function_bodies = off; -- functions may name each other in any order

-- What has been kept for as long as the settings retention_... say is deleted, a batch at a time. Each
-- batch is a transaction of its own and small, so that uploads wait for none of them.

-- One batch of the first kind that has something; days 0: for ever. No row: nothing is to be done now,
-- because it is not night, because this night is done, or because another process is at it.
create or replace function retention_step(punches int, photos int, templates int, raw int,
	logs int, at_once boolean) returns table (kind text, removed bigint) language plpgsql as $$
declare
	days int;
	since timestamptz;
begin
	if not pg_try_advisory_xact_lock(7263041) then
		return;
	end if;
	if not at_once and (localtime < '01:00'
		or exists (select from retention_run where night >= current_date)) then
		return;
	end if;
	foreach kind in array array['punches', 'photos', 'templates', 'raw', 'logs'] loop
		days := case kind when 'punches' then punches when 'photos' then photos
			when 'templates' then templates when 'raw' then raw else logs end;
		continue when days = 0;
		since := now() - make_interval(days => days);
		removed := case kind when 'punches' then retention_punches(since)
			when 'photos' then retention_photos(since)
			when 'templates' then retention_templates(since)
			when 'raw' then retention_raw(since) else retention_logs(since) end;
		if removed > 0 then
			return next;
			return;
		end if;
	end loop;
	if logs > 0 and to_regprocedure('audit_expire(timestamptz)') is not null then
		execute 'select audit_expire($1)' using now() - make_interval(days => logs);
	end if;
	update retention_run set night = current_date;
end $$;

-- A punch is old when both its own time and its arrival are: a clock that was wrong deletes nothing.
-- Tombstones stay, so no upload brings it back, and what its terminal counts stays counted.
create or replace function retention_punches(since timestamptz) returns bigint
	language plpgsql as $$
declare
	wall timestamp := (since at time zone 'UTC') - interval '14 hours'; -- past in every zone
	removed bigint;
	n bigint;
begin
	removed := punch_delete(array(select p.id from punch p
		where p.upload_time < since and p.punch_time < wall order by p.upload_time limit 1000));
	with gone as (
		delete from punch_variant v where v.id in (select x.id from punch_variant x
			where x.received < since and x.punch_time < wall and not exists (select from punch p
				where p.pin_id = x.pin_id and p.punch_time = x.punch_time)
			order by x.received limit 1000)
		returning v.sn, v.punch_time, v.pin_id, v.id
	), aside as (
		insert into punch_aside (sn, punch_time, key)
		select sn, punch_time, 'v' || pin_id || '.' || id from gone
		on conflict do nothing
	)
	select count(*) into n from gone;
	removed := removed + n;
	-- whom the rows of a shift are about: that there was one is still counted
	update punch_shift_row set pin_id = null where id in (select r.id from punch_shift_row r
		join punch_shift h on h.id = r.shift_id
		where r.pin_id is not null and r.old_time < wall and r.new_time < wall
			and coalesce(h.undone, h.finished, h.created) < since
		order by r.old_time limit 1000);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from punch_odd_time where id in (select id from punch_odd_time
		where received < since and punch_time < wall order by received limit 1000);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from manual_log where id in (select id from manual_log
		where apply_time < since and punch_time < wall order by id limit 1000);
	get diagnostics n = row_count;
	return removed + n;
end $$;

-- Pictures taken with punches, images of fingers, and registrations that were turned down.
create or replace function retention_photos(since timestamptz) returns bigint language plpgsql as $$
declare
	removed bigint;
	n bigint;
begin
	delete from punch_photo where id in (select id from punch_photo
		where first_seen < since order by first_seen limit 200);
	get diagnostics removed = row_count;
	delete from fp_image where id in (select id from fp_image
		where first_seen < since order by first_seen limit 200);
	get diagnostics n = row_count;
	removed := removed + n + claim_expire(array['fp_image.sealed'], since, '{}');
	delete from bio_photo where id in (select id from bio_photo
		where approval_state = 2 and approval_time < since order by id limit 200);
	get diagnostics n = row_count;
	return removed + n;
end $$;

-- Of people who resigned before then, and of PINs that are no employee's; what has waited so long.
create or replace function retention_templates(since timestamptz) returns bigint
	language plpgsql as $$
declare
	pins int[];
	removed bigint;
	n bigint;
begin
	pins := array(
		select e.pin_id from resign r join employee e on e.id = r.employee_id
		where r.resign_date < since::date and (
			exists (select from template t where t.pin_id = e.pin_id)
			or exists (select from photo p where p.pin_id = e.pin_id)
			or exists (select from fp_image f where f.pin_id = e.pin_id)
			or exists (select from person_claim c where c.pin_id = e.pin_id)
			or exists (select from bio_photo b where b.employee_id = e.id))
		union
		select b.pin_id from (
			select t.pin_id from template t where t.update_time < since
			union select p.pin_id from photo p where p.update_time < since
			union select f.pin_id from fp_image f where f.first_seen < since) b
		where not exists (select from employee e where e.pin_id = b.pin_id)
		order by 1 limit 50);
	perform template_lock(pins);
	removed := claim_expire(array['template.sealed', 'photo.sealed', 'person_claim.sealed'], since,
		pins);
	if cardinality(pins) = 0 then
		return removed;
	end if;
	delete from template where pin_id = any(pins);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from photo where pin_id = any(pins);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from fp_image where pin_id = any(pins);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from bio_photo where employee_id in (select id from employee where pin_id = any(pins));
	get diagnostics n = row_count;
	return removed + n;
end $$;

-- Uploads that have no place of their own, rejected lines, records of ID cards.
create or replace function retention_raw(since timestamptz) returns bigint language plpgsql as $$
declare
	removed bigint;
	n bigint;
begin
	delete from raw_upload where id in (select id from raw_upload
		where first_seen < since order by first_seen limit 200);
	get diagnostics removed = row_count;
	delete from id_card where id in (select id from id_card
		where first_seen < since order by first_seen limit 200);
	get diagnostics n = row_count;
	removed := removed + n + claim_expire(array['id_card.sealed'], since, '{}');
	with gone as (
		delete from reject where id in (select id from reject
			where first_seen < since order by first_seen limit 500)
		returning sn, table_name, content_hash
	), counted as (
		insert into reject_expired select sn, content_hash from gone where table_name = 'ATTLOG'
		on conflict do nothing
	)
	select count(*) into n from gone;
	return removed + n;
end $$;

create or replace function retention_logs(since timestamptz) returns bigint language plpgsql as $$
declare
	removed bigint;
	n bigint;
begin
	delete from operation_log where id in (select id from operation_log
		where first_seen < since order by first_seen limit 1000);
	get diagnostics removed = row_count;
	delete from error_log where id in (select id from error_log
		where first_seen < since order by first_seen limit 1000);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from alert where id in (select id from alert
		where last_seen < since order by last_seen limit 1000);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from upload_log where id in (select id from upload_log
		where hour < since order by hour limit 1000 for update skip locked);
	get diagnostics n = row_count;
	removed := removed + n;
	-- what a comparison of punches waits for is not older than hours
	delete from terminal_command where id in (select id from terminal_command
		where created < since and state not in ('queued', 'sent') order by created limit 1000
		for update skip locked);
	get diagnostics n = row_count;
	return removed + n;
end $$;

-- ------------------------------------------------------------------ without biometrics

-- How many rows there are of what store_biometrics = off does not keep; exact up to 1000 a table.
create or replace function biometrics_count() returns bigint language sql stable as $$
	select (select count(*) from (select from template limit 1000) x)
		+ (select count(*) from (select from photo where biometric_photo(form, sn) limit 1000) x)
		+ (select count(*) from (select from bio_photo limit 1000) x)
		+ (select count(*) from (select from punch_photo limit 1000) x)
		+ (select count(*) from (select from fp_image limit 1000) x)
		+ (select count(*) from (select from id_card limit 1000) x)
		+ (select count(*) from (select from person_claim where place <> 'person_claim.sealed'
			limit 1000) x)
		+ (select count(*) from (select from raw_upload where biometric_table(table_name)
			limit 1000) x)
		+ (select count(*) from (select from reject where biometric_table(table_name)
			limit 1000) x)
		+ (select count(*) from (select from held_upload where biometric limit 1000) x)
$$;

-- Pictures that clients gave as somebody's portrait are none.
create or replace function biometric_photo(form text, sn text) returns boolean
	language sql immutable as $$
	select form <> 'USERPIC' or sn <> ''
$$;

-- Tables of uploads that hold them (adms/lines/biometric.c knows the same); a rejected line of OPERLOG may
-- be one of a template.
create or replace function biometric_table(name text) returns boolean language sql immutable as $$
	select upper(name) in ('FINGERTMP', 'FACE', 'FVEIN', 'BIODATA', 'BIOPHOTO', 'USERPIC', 'ATTPHOTO',
		'FPIMAGE', 'IDCARD', 'OPERLOG', 'TABLEDATA', 'QUERYDATA', 'POSTVERIFYDATA')
		or name ~* '(TEMPLATE|BIO|PHOTO|FACE|FINGER|VEIN|PALM|IRIS|PIC|TMP)'
$$;

-- Of terminals that wait: uploads with such among them. They are asked again when they are approved.
create or replace function held_biometrics_remove() returns bigint language plpgsql as $$
declare
	h record;
	n bigint := 0;
begin
	for h in select terminal_id, array_agg(id) as ids from (select terminal_id, id from held_upload
			where biometric order by id limit 50) b group by terminal_id order by terminal_id loop
		perform held_released(h.terminal_id, h.ids);
		n := n + cardinality(h.ids);
	end loop;
	return n;
end $$;

-- Deletes a batch; how many rows it held.
create or replace function biometrics_remove() returns bigint language plpgsql as $$
declare
	pins int[] := array(select pin_id from (select pin_id from template
		union select pin_id from photo where biometric_photo(form, sn)) b order by 1 limit 100);
	removed bigint;
	n bigint;
begin
	perform template_lock(pins);
	delete from template where pin_id = any(pins);
	get diagnostics removed = row_count;
	delete from photo where pin_id = any(pins) and biometric_photo(form, sn);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from bio_photo where id in (select id from bio_photo order by id limit 200);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from punch_photo where id in (select id from punch_photo order by id limit 200);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from fp_image where id in (select id from fp_image order by id limit 200);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from id_card where id in (select id from id_card order by id limit 200);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from person_claim where id in (select id from person_claim
		where place <> 'person_claim.sealed' order by id limit 200);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from raw_upload where id in (select id from raw_upload
		where biometric_table(table_name) order by id limit 200);
	get diagnostics n = row_count;
	removed := removed + n;
	delete from reject where id in (select id from reject
		where biometric_table(table_name) order by id limit 500);
	get diagnostics n = row_count;
	return removed + n + held_biometrics_remove();
end $$;
