-- Moving in from ZKBio Time (`punchd import-biotime`, server/cli/import.c): each function takes a
-- batch of rows as JSON, values already checked, and returns how many of them are in. All of them
-- can be given the same rows again. Ids are kept. Tables: migrations/0010_import_biotime.sql.

create or replace function import_misfit(a_table text, which text[], reasons text[]) returns void
	language sql as $$
	insert into import_misfit (table_name, row, reason)
	select a_table, n.row, n.reason from unnest(which, reasons) n (row, reason)
$$;

-- Begins, or goes on with what was begun. Null, or why not, in words for the operator.
create or replace function import_begin(a_source text) returns text language plpgsql as $$
declare
	r import_run%rowtype;
	held bigint := (select last_id from punch_counter);
begin
	select * into r from import_run;
	if r.finished is not null then
		return format('this server was moved in to from %s on %s already', r.source,
			to_char(r.finished, 'YYYY-MM-DD HH24:MI'));
	elsif r.source <> a_source then
		return format('an import from %s is under way: start it again with that source', r.source);
	elsif r.source is not null and r.highest_id is null and held > 0 then
		return 'terminals sent punches while the import was interrupted: begin anew with an empty '
			'database, and keep terminals away until it is done';
	elsif r.source is not null then
		return null;
	elsif held > 0 or exists (select from employee) or exists (select from terminal) then
		return 'this server has punches, people or terminals already: import into a new one';
	end if;
	insert into import_run (source) values (a_source);
	return null;
end $$;

-- ------------------------------------------------------------------ punches, staged

create or replace function import_punches(rows json) returns int language plpgsql as $$
declare
	taken int;
begin
	insert into import_punch (id, emp_code, emp_id, punch_time, upload_time,
		punch_state, verify_type, work_code, sn, alias, area_alias, is_mask, temperature, rest)
	select x.id, x.emp_code, x.emp_id, import_wall(x.punch_time), x.upload_time,
		x.punch_state, x.verify_type, x.work_code, coalesce(x.terminal_sn, ''),
		x.terminal_alias, x.area_alias, case when x.is_mask in (0, 1) then x.is_mask end,
		nullif(nullif(x.temperature, 255), 0), import_position(x.latitude, x.longitude)
	from json_to_recordset(rows) as x (id bigint, emp_code text, emp_id int, punch_time text,
		upload_time timestamptz, punch_state smallint, verify_type smallint, work_code text,
		terminal_sn text, terminal_alias text, area_alias text, is_mask smallint,
		temperature real, latitude float8, longitude float8)
	on conflict (id) do nothing;
	get diagnostics taken = row_count;
	return taken;
end $$;

-- A wall clock; one that names an offset as it is shown in the session's zone.
create or replace function import_wall(said text) returns timestamp language sql stable as $$
	select case when length(said) > 10 and substr(said, 11) ~ '[-+Z]' then said::timestamptz::timestamp
		else said::timestamp end
$$;

-- Where a punch was made, as the newest terminals send it (api/punches/punch_gps.h).
create or replace function import_position(latitude float8, longitude float8) returns bytea
	language sql immutable as $$
	select convert_to(repeat(E'\t', 6) || translate(encode(convert_to(json_build_object('GPSInfo',
		latitude || ',' || longitude)::text, 'UTF8'), 'base64'), E'\n', ''), 'UTF8')
	where abs(latitude) <= 90 and abs(longitude) <= 180
$$;

-- All are staged: what terminals send from now on gets ids behind the highest there, given: which may
-- be that of a row deleted since.
create or replace function import_reserve(given bigint) returns void language plpgsql as $$
declare
	highest bigint := greatest(given, (select max(id) from import_punch),
		(select max(substring(row from '^id ([0-9]{1,15})')::bigint) from import_misfit
			where table_name = 'iclock_transaction'), 0);
begin
	update import_run set highest_id = highest where highest_id is null;
	if found then
		perform punch_lock();
		update punch_counter set last_id = greatest(last_id, highest), deleted = deleted + 1;
	end if;
end $$;

-- ------------------------------------------------------------------ organisation

-- There is one company here: it gets the name of the first. Codes that several of them use get a
-- suffix (import_organisation).
create or replace function import_companies(rows json) returns int language plpgsql as $$
declare
	taken int := 0;
begin
	if not exists (select from import_table where name = 'personnel_company' and rows_taken > 0) then
		update company set code = coalesce(nullif(x.company_code, ''), code),
			name = coalesce(nullif(x.company_name, ''), name)
		from (select * from json_to_recordset(rows) as x (id int, company_code text,
			company_name text) order by id limit 1) x;
		get diagnostics taken = row_count;
	end if;
	perform import_misfit('personnel_company', array_agg('id ' || x.id || ', company_code '
			|| coalesce(x.company_code, '')),
		array_agg('all are one company here, which has the name of the first'::text))
	from (select id, company_code, row_number() over (order by id) as nr
		from json_to_recordset(rows) as x (id int, company_code text)) x
	where x.nr > taken;
	return taken;
end $$;

-- Departments, positions or areas. The first of them take the place of those of a fresh schema.
create or replace function import_organisation(a_table text, ids int[], codes text[],
	names text[], parents int[]) returns int language plpgsql as $$
declare
	source_table text := 'personnel_' || a_table;
	column_name text := case a_table when 'department' then 'dept' else a_table end || '_code ';
	doubles int[];
	orphans int[];
begin
	if not exists (select from import_table where name = source_table and rows_taken > 0) then
		execute format('delete from %I', a_table);
	end if;
	execute format('with n as (select distinct on (id) * from unnest($1, $2, $3) n (id, code, name)),
		doubles as (select id from (select id, row_number() over (partition by code order by id)
			as nr from n) d where nr > 1 union select n.id from n join %1$I o on o.code = n.code
			and o.id <> n.id),
		added as (insert into %1$I (id, code, name) select n.id,
			case when d.id is null then n.code else n.code || ''~'' || n.id end, n.name
			from n left join doubles d on d.id = n.id on conflict (id) do nothing)
		select array_agg(id) from doubles', a_table) into doubles using ids, codes, names;
	execute format('with n as (select * from unnest($1, $2) n (id, parent) where parent is not null),
		set_parent as (update %1$I o set parent_id = p.id from n join %1$I p on p.id = n.parent
			where o.id = n.id)
		select array_agg(n.id) from n where not exists (select from %1$I p where p.id = n.parent)',
		a_table) into orphans using ids, parents;
	perform import_misfit(source_table, array_agg('id ' || n.id || ', ' || column_name || n.code),
		array_agg(format('another one has this code: it is %s~%s now', n.code, n.id)))
	from unnest(ids, codes) n (id, code) where n.id = any(doubles);
	perform import_misfit(source_table, array_agg('id ' || n.id || ', ' || column_name || n.code),
		array_agg('its parent is not there: it has none now'::text))
	from unnest(ids, codes) n (id, code) where n.id = any(orphans);
	return cardinality(ids);
end $$;

-- A code that none has: the one wanted, or with a suffix.
create or replace function import_free_code(wanted text) returns text language plpgsql as $$
declare
	code_now text := wanted;
	n int := 1;
begin
	while exists (select from area where code = code_now) loop
		n := n + 1;
		code_now := wanted || '~' || n;
	end loop;
	return code_now;
end $$;

-- The area of terminals that are not authorised: the one with this code, else the one that is called
-- so, else a new one. And one that is another.
create or replace function import_flag(a_code text) returns void language plpgsql as $$
declare
	it int;
begin
	if exists (select from area where not_authorised) then
		return;
	end if;
	it := (select id from area where case when a_code is not null then code = a_code
			else lower(name) ~ '^not[ _-]?authori[sz]ed$' end order by id limit 1);
	if it is null and a_code is not null then
		raise exception 'there is no area with code %', a_code using errcode = '22023';
	end if;
	if it is null then
		insert into area (id, code, name) values ((select coalesce(max(id), 0) + 1 from area),
			import_free_code('1'), 'Not Authorized') returning id into it;
	end if;
	update area set not_authorised = true where id = it;
	if not exists (select from area where not not_authorised) then
		insert into area (id, code, name) values ((select max(id) + 1 from area),
			import_free_code('2'), 'Head Office');
	end if;
end $$;

-- ------------------------------------------------------------------ people

create or replace function import_people(rows json, row_keys bytea[], sealed bytea[],
	card_hashes bytea[], email_hashes bytea[]) returns int language plpgsql as $$
declare
	taken int;
begin
	-- who has left is told later; what is two people's then is told at the end
	perform set_config('punchd.cards', 'keep', true);
	with x as materialized (
		select x.*, k.row_key, k.sealed, k.card, k.email,
			exists (select from department d where d.id = x.department_id) as has_department,
			exists (select from position p where p.id = x.position_id) as has_position
		from json_to_recordset(rows) as x (n int, id int, emp_code text, deleted boolean,
			first_name text, last_name text, nickname text, department_id int,
			position_id int, hire_date date, gender text, verify_mode int, emp_type int,
			dev_privilege int, enroll_sn text, app_status int, app_role int,
			update_time timestamptz, enable_att boolean, enable_overtime boolean,
			enable_holiday boolean)
		join unnest(row_keys, import_people.sealed, card_hashes, email_hashes) with ordinality
			k (row_key, sealed, card, email, n) on k.n = x.n
	), added as (
		insert into employee (id, emp_code, first_name, last_name, nickname, department_id,
			position_id, hire_date, gender, verify_mode, emp_type, dev_privilege, enroll_sn,
			app_status, app_role, update_time, enable_attendance, enable_overtime,
			enable_holiday, row_key, sealed, card_hash, email_hash)
		select x.id, x.emp_code, coalesce(x.first_name, ''), coalesce(x.last_name, ''),
			coalesce(x.nickname, ''),
			case when has_department then x.department_id else department_first() end,
			case when has_position then x.position_id end,
			coalesce(x.hire_date, current_date),
			case when x.gender in ('M', 'F', 'S') then x.gender end,
			coalesce(nullif(x.verify_mode, 0), -1), x.emp_type,
			coalesce(x.dev_privilege, 0), coalesce(x.enroll_sn, ''),
			coalesce(x.app_status, 0), coalesce(x.app_role, 1),
			coalesce(x.update_time, now()), coalesce(x.enable_att, true),
			coalesce(x.enable_overtime, true), coalesce(x.enable_holiday, true),
			x.row_key, x.sealed, x.card, x.email
		from x where x.deleted is not true order by x.id
		on conflict do nothing returning id
	), noted as (
		insert into import_misfit (table_name, row, reason)
		select 'personnel_employee', 'id ' || x.id || ', emp_code ' || x.emp_code, r.reason
		from x cross join lateral (values
			(x.deleted, 'marked as deleted: left out'),
			(x.deleted is not true and x.id not in (select id from added),
				'another person has this code, or this id: left out'),
			(x.department_id is not null and not x.has_department,
				'its department is not there: it is in the first one now'),
			(x.position_id is not null and not x.has_position,
				'its position is not there: it has none now')) r (so, reason)
		where r.so order by x.id
	)
	select count(*) into taken from added;
	return taken;
end $$;

-- The triggers of employee make PINs. What of att_attemployee belongs to nobody is not worth a word:
-- it is left of people deleted.
create or replace function import_switches(rows json) returns int language plpgsql as $$
declare
	taken int;
begin
	update employee e set enable_attendance = coalesce(x.enable_attendance, e.enable_attendance),
		enable_schedule = coalesce(x.enable_schedule, e.enable_schedule),
		enable_overtime = coalesce(x.enable_overtime, e.enable_overtime),
		enable_holiday = coalesce(x.enable_holiday, e.enable_holiday)
	from json_to_recordset(rows) as x (emp_id int, enable_attendance boolean,
		enable_schedule boolean, enable_overtime boolean, enable_holiday boolean)
	where e.id = x.emp_id and (x.enable_attendance, x.enable_schedule, x.enable_overtime,
		x.enable_holiday) is distinct from (e.enable_attendance, e.enable_schedule,
		e.enable_overtime, e.enable_holiday);
	get diagnostics taken = row_count;
	return taken;
end $$;

create or replace function import_memberships(rows json) returns int language plpgsql as $$
declare
	taken int;
begin
	with x as materialized (
		select x.*, exists (select from employee e where e.id = x.employee_id) as has_person,
			exists (select from area a where a.id = x.area_id) as has_area
		from json_to_recordset(rows) as x (id bigint, employee_id int, area_id int)
	), added as (
		insert into employee_area (employee_id, area_id)
		select employee_id, area_id from x where has_person and has_area
		order by 1, 2 on conflict do nothing returning 1
	), noted as (
		insert into import_misfit (table_name, row, reason)
		select 'personnel_employee_area',
			format('id %s, employee_id %s, area_id %s', id, employee_id, area_id),
			case when has_person then 'its area is not there'
				else 'its employee was not imported' end
		from x where not (has_person and has_area) order by id
	)
	select count(*) into taken from added;
	return taken;
end $$;

create or replace function import_resigns(rows json) returns int language plpgsql as $$
declare
	taken int;
begin
	with x as materialized (
		select x.*, exists (select from employee e where e.id = x.employee_id) as has_person
		from json_to_recordset(rows) as x (id int, employee_id int, resign_date date,
			resign_type int, disableatt boolean, reason text)
	), added as (
		insert into resign (id, employee_id, resign_date, resign_type, disableatt, reason)
		select id, employee_id, resign_date, coalesce(resign_type, 1),
			coalesce(disableatt, true), coalesce(x.reason, '')
		from x where has_person order by id on conflict do nothing returning 1
	), noted as (
		insert into import_misfit (table_name, row, reason)
		select 'personnel_resign', format('id %s, employee_id %s', id, employee_id),
			'its employee was not imported'
		from x where not has_person order by id
	)
	select count(*) into taken from added;
	return taken;
end $$;

-- ------------------------------------------------------------------ templates and pictures

-- numbers: to which row each template belongs; indexes: its part, or -1. As terminals' uploads are
-- kept (template_keep), so that they go to terminals like those.
create or replace function import_templates(rows json, numbers int[], indexes int[],
	row_keys bytea[], sealed bytea[], hashes bytea[]) returns int language plpgsql as $$
begin
	perform template_keep(array_agg(e.emp_code order by s.ord),
		array_agg(case x.bio_type when 1 then 'FP' when 2 then 'FACE' when 7 then 'FVEIN'
			else 'BIODATA' end order by s.ord),
		array_agg(x.bio_type order by s.ord), array_agg(coalesce(x.bio_no, 0) order by s.ord),
		array_agg(case when s.index >= 0 then s.index else coalesce(x.bio_index, 0) end
			order by s.ord),
		array_agg(coalesce(version_major(x.major_ver), 0) order by s.ord),
		array_agg(coalesce(version_major(x.minor_ver),
			version_major(split_part(x.major_ver, '.', 2)), 0) order by s.ord),
		array_agg(coalesce(x.bio_format, 0) order by s.ord),
		array_agg(coalesce(x.valid, 1) order by s.ord),
		array_agg(coalesce(x.duress, 0) order by s.ord),
		array_agg(null::text), array_agg(coalesce(x.sn, '') order by s.ord),
		array_agg(s.row_key order by s.ord), array_agg(s.sealed order by s.ord),
		array_agg(s.hash order by s.ord))
	from unnest(numbers, indexes, row_keys, import_templates.sealed, hashes) with ordinality
		s (n, index, row_key, sealed, hash, ord)
	join json_to_recordset(rows) as x (n int, employee_id int, bio_type int, bio_no int,
		bio_index int, major_ver text, minor_ver text, bio_format int, valid int, duress int,
		sn text) on x.n = s.n
	join employee e on e.id = x.employee_id
	having count(*) > 0;
	return (select count(distinct n) from unnest(numbers) n);
end $$;

create or replace function import_photos(rows json, a_form text, a_type int, numbers int[],
	row_keys bytea[], sealed bytea[], hashes bytea[]) returns int language plpgsql as $$
begin
	perform photo_keep(array_agg(e.emp_code order by s.ord), array_agg(a_form),
		array_agg(a_type), array_agg(null::text), array_agg(null::text),
		array_agg(coalesce(x.enroll_sn, '') order by s.ord),
		array_agg(s.row_key order by s.ord), array_agg(s.sealed order by s.ord),
		array_agg(s.hash order by s.ord))
	from unnest(numbers, row_keys, import_photos.sealed, hashes) with ordinality
		s (n, row_key, sealed, hash, ord)
	join json_to_recordset(rows) as x (n int, id int, employee_id int, enroll_sn text)
		on x.n = s.n
	join employee e on e.id = coalesce(x.employee_id, x.id)
	having count(*) > 0;
	return cardinality(numbers);
end $$;

-- ------------------------------------------------------------------ terminals

-- Approved are those in an area that is not the flagged one; without an area, or switched off there,
-- they wait. They are asked for everything at their first contact, like any other.
create or replace function import_terminals(rows json) returns int language plpgsql as $$
declare
	waiting int := (select id from area where not_authorised);
	taken int;
begin
	with x as materialized (
		select x.*, exists (select from area a where a.id = x.area_id) as has_area,
			coalesce(x.status, 0) <> 0 as is_off
		from json_to_recordset(rows) as x (id int, sn text, alias text, ip_address text,
			status int, terminal_tz int, heartbeat int, transfer_interval int,
			transfer_time text, is_attendance int, push_ver text, terminal_name text,
			area_id int)
	), added as (
		insert into terminal (id, sn, alias, ip_address, area_id, zone, fixed_offset, heartbeat,
			transfer_interval, transfer_time, is_attendance, push_ver, terminal_name)
		select x.id, x.sn, coalesce(x.alias, x.sn), coalesce(x.ip_address, ''),
			case when has_area and not is_off then x.area_id else waiting end,
			current_setting('TimeZone'),
			case when x.terminal_tz is not null
				then terminal_fixed(current_setting('TimeZone'), null, x.terminal_tz) end,
			coalesce(x.heartbeat, 10), coalesce(x.transfer_interval, 1),
			case when x.transfer_time ~ '^[0-9:;]+$' then x.transfer_time
				else '00:00;14:05' end,
			coalesce(x.is_attendance, 1), x.push_ver, x.terminal_name
		from x order by x.id on conflict do nothing returning id
	), noted as (
		insert into import_misfit (table_name, row, reason)
		select 'iclock_terminal', format('id %s, sn %s', x.id, x.sn),
			case when x.id not in (select id from added)
					then 'a terminal with this id or serial number is here already'
				when is_off then 'switched off there: it waits for approval'
				else 'its area is not there: it waits for approval' end
		from x where x.id not in (select id from added) or is_off or not has_area order by x.id
	)
	select count(*) into taken from added;
	update terminal t set stranger = null -- they are somebody's
	from json_to_recordset(rows) as x (id int)
	where t.id = x.id and t.stranger is not null;
	update terminal_state s set fw_ver = x.fw_ver, fp_version = version_major(x.fp_alg_ver),
		face_version = version_major(x.face_alg_ver)
	from json_to_recordset(rows) as x (id int, fw_ver text, fp_alg_ver text, face_alg_ver text)
	where s.terminal_id = x.id and s.last_activity is null;
	return taken;
end $$;

-- ------------------------------------------------------------------ punches, published

-- Before the first batch: PINs, origins, and where the links of punches to people end.
--
-- There is one such place for a PIN: a punch is its employee's when its id is above. It is put right
-- before the first punch that ZKBio Time links to the employee of today, or behind all of them where
-- it links none: those were a former person's.
create or replace function import_prepare() returns void language plpgsql as $$
begin
	insert into pin (code) select distinct emp_code collate "C" from import_punch order by 1
	on conflict do nothing;
	insert into punch_origin (terminal_id, sn, alias, area_id, area_alias)
	select distinct t.id, i.sn, i.alias, a.id, i.area_alias
	from (select distinct sn, alias, area_alias from import_punch) i
	left join terminal t on t.sn = i.sn
	left join lateral (select min(id) as id from area where name = i.area_alias) a on true
	on conflict do nothing;
	if (select not prepared from import_run)
		and exists (select from import_punch where emp_id is not null) then
		update pin set unlinked_up_to = greatest(unlinked_up_to, u.upto)
		from (select i.emp_code, coalesce(min(i.id) filter (where i.emp_id = e.id) - 1,
				max(i.id)) as upto,
				min(i.id) filter (where e.id is null or i.emp_id is distinct from e.id) as other
			from import_punch i left join employee e on e.emp_code = i.emp_code
			group by i.emp_code) u
		where pin.code = u.emp_code and u.other is not null and u.other <= u.upto;
	end if;
	update import_run set prepared = true;
end $$;

-- The next batch in the order of ids; how many rows of the stage it was, 0 at the end.
--
-- upload_time is kept where it rises with the id. Where it does not (several writers, a clock that was
-- set back), it is a microsecond above the one before: who reads by it must not miss a row.
create or replace function import_publish(batch int) returns int language plpgsql as $$
declare
	n_rows int := (select count(*) from (select from import_punch limit batch) b);
	n_found int;
	n_added int;
	before timestamptz;
	begun timestamptz := (select started from import_run);
begin
	perform punch_lock();
	select last_upload into before from punch_counter;
	create temporary table if not exists import_batch (like import_punch, pin int, origin int,
		nr bigint, moment timestamptz, tz_offset smallint, added boolean) on commit delete rows;
	truncate import_batch;
	with b as (
		delete from import_punch where id in
			(select id from import_punch order by id limit batch) returning *
	), j as (
		select b.*, n.id as pin, o.id as origin, row_number() over (order by b.id) as nr,
			least(coalesce(b.upload_time, b.punch_time::timestamptz), begun) as own,
			coalesce(t.zone, current_setting('TimeZone')) as zone, t.fixed_offset
		from b join pin n on n.code = b.emp_code
		left join terminal t on t.sn = b.sn
		left join (select name, min(id) as id from area group by name) a
			on a.name = b.area_alias
		join punch_origin o on o.sn = b.sn and coalesce(o.terminal_id, 0) = coalesce(t.id, 0)
			and coalesce(o.alias, '') = coalesce(b.alias, '')
			and coalesce(o.area_id, 0) = coalesce(a.id, 0)
			and coalesce(o.area_alias, '') = coalesce(b.area_alias, '')
	)
	insert into import_batch
	select j.id, j.emp_code, j.emp_id, j.punch_time, j.upload_time, j.punch_state,
		j.verify_type, j.work_code, j.sn, j.alias, j.area_alias, j.is_mask, j.temperature,
		j.rest, j.pin, j.origin, j.nr,
		greatest(before, max(j.own - j.nr * interval '1 microsecond') over (order by j.nr))
			+ j.nr * interval '1 microsecond',
		coalesce(j.fixed_offset, extract(epoch from j.punch_time
			- ((j.punch_time at time zone j.zone) at time zone 'UTC')) / 60)
	from j;
	get diagnostics n_found = row_count;
	if n_found <> n_rows then
		raise exception 'areas or terminals were changed meanwhile: start the import again';
	elsif n_rows = 0 then
		return 0;
	end if;
	with added as (
		insert into punch (id, upload_time, punch_time, pin_id, origin_id, tz_offset,
			punch_state, verify_type, is_mask, temperature, work_code, rest)
		select id, moment, punch_time, pin, origin, tz_offset, punch_state, verify_type,
			is_mask, temperature, work_code, rest
		from import_batch order by id
		on conflict do nothing returning id
	), counted as (
		insert into punch_block (block, n) select id >> 13, count(*) from added group by 1
		on conflict (block) do update set n = punch_block.n + excluded.n
	), marked as (
		update import_batch b set added = true from added a where b.id = a.id
	)
	select count(*) into n_added from added;
	update punch_counter set total = total + n_added, deleted = deleted + 1,
		last_upload = greatest(last_upload, (select max(moment) from import_batch));
	perform import_lose();
	return n_rows;
end $$;

-- Those of the batch whose person and time another punch has: kept aside if they say something else.
create or replace function import_lose() returns void language plpgsql as $$
begin
	perform punch_lose(array_agg(pin order by id), array_agg(punch_time order by id),
		array_agg(origin order by id), array_agg(tz_offset order by id),
		array_agg(punch_state order by id), array_agg(verify_type order by id),
		array_agg(work_code order by id), array_agg(rest order by id))
	from import_batch where added is null having count(*) > 0;
	insert into import_misfit (table_name, row, reason)
	select 'iclock_transaction', format('id %s, emp_code %s, punch_time %s', b.id, b.emp_code,
		b.punch_time), format('the same person and time as %s: one of the two is kept', p.id)
	from import_batch b join punch p on p.pin_id = b.pin and p.punch_time = b.punch_time
	where b.added is null order by b.id;
end $$;

-- What is new from now on gets ids behind the imported ones.
create or replace function import_finish() returns void language plpgsql as $$
declare
	t text;
begin
	foreach t in array array['department', 'position', 'area', 'employee', 'resign', 'terminal'] loop
		execute format('select setval(pg_get_serial_sequence(%L, ''id''), greatest((select
			coalesce(max(id), 0) + 1 from %I), nextval(pg_get_serial_sequence(%L, ''id''))), false)',
			t, t, t);
	end loop;
	insert into import_misfit (table_name, row, reason)
	select 'personnel_employee', 'id ' || e.id || ', emp_code ' || e.emp_code, 'its card is also '
		'somebody else''s: it is given to no terminal and verifies nobody'
	from card_holder h join employee e on e.card_hash = h.hash
	where h.employee_id is null and not exists (select from resign r where r.employee_id = e.id)
	order by e.id;
	perform card_doubles_tell(array(select hash from card_holder where employee_id is null));
	update import_run set finished = now();
end $$;
