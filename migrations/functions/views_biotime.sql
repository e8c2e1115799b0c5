-- ZKBio Time's tables as views, for programs that read its database directly: the same names and
-- columns in the schema biotime. Nothing can be written through them by who may only select. What is
-- sealed (contract: secrets stay sealed) is null here, as is what we do not have.
--
-- punch_time is the terminal's wall clock without a zone, upload_time a moment. As a timestamptz
-- punch_time would be an expression, and no range of it could use an index; sessions that begin in the
-- server's zone (readers_zone) see the same hours in both kinds of column.
--
-- Who reads has a search_path of their own, and PostgreSQL looks up what an SQL function calls when it
-- runs: functions that views call name the schema of all that they use.
--
-- Columns are only ever added at the end; a view that must change otherwise needs its drop in a
-- migration, which loses the grants.

-- Sessions in this database begin in the server's zone, unless their role has one. Called at every
-- start, by the owner where that is another role. Returns why it could not be done, or null.
create or replace function readers_zone(a_zone text) returns text language plpgsql as $$
begin
	perform pg_advisory_xact_lock(7263005); -- of two that start at once
	if exists (select from pg_db_role_setting s
			join pg_database d on d.oid = s.setdatabase and d.datname = current_database()
			cross join unnest(s.setconfig) c
		where s.setrole = 0 and lower(c) = lower('timezone=' || a_zone)) then
		return null;
	end if;
	execute format('alter database %I set timezone to %L', current_database(), a_zone);
	return null;
exception when insufficient_privilege then
	return 'only the owner of the database may';
end $$;

create or replace view biotime.personnel_company as
	select id, code as company_code, name as company_name, true as is_default from company;

create or replace view biotime.personnel_department as
	select id, code as dept_code, name as dept_name, id = 1 as is_default,
		parent_id as parent_dept_id, null::int as dept_manager_id, 1 as company_id
	from department;

create or replace view biotime.personnel_position as
	select id, code as position_code, name as position_name, id = 1 as is_default,
		parent_id as parent_position_id, 1 as company_id
	from position;

create or replace view biotime.personnel_area as
	select id, code as area_code, name as area_name, id = 1 as is_default,
		parent_id as parent_area_id, 1 as company_id,
		(select count(*) from terminal t where t.area_id = area.id)::int as device_count,
		(select count(*) from employee_area e where e.area_id = area.id)::int
			as employee_count
	from area;

create or replace view biotime.personnel_employee as
	select e.id, null::timestamptz as create_time, null::text as create_user,
		e.update_time as change_time, null::text as change_user,
		(case when r.id is null then 0 else 100 end)::smallint as status, e.emp_code,
		e.first_name, e.last_name, e.nickname, null::text as passport,
		null::text as driver_license_automobile, null::text as driver_license_motorcycle,
		null::text as photo, null::text as self_password, null::text as device_password,
		e.dev_privilege, null::text as card_no, null::text as acc_group,
		null::text as acc_timezone, e.gender, null::date as birthday, null::text as address,
		null::text as postcode, null::text as office_tel, null::text as contact_tel,
		null::text as mobile, null::text as national, null::text as religion,
		null::text as title, e.enroll_sn, null::text as ssn, e.update_time, e.hire_date,
		greatest(e.verify_mode, 0) as verify_mode, null::text as city, false as is_admin,
		e.emp_type::smallint as emp_type, false as enable_payroll, false as deleted,
		null::int as reserved, null::int as del_tag, e.app_status::smallint as app_status,
		e.app_role::smallint as app_role, null::text as email,
		null::timestamptz as last_login, r.id is null as is_active,
		null::text as session_key, null::text as login_ip, e.department_id, e.position_id,
		e.enable_attendance as enable_att, e.enable_overtime, e.enable_holiday,
		1 as company_id, null::int as leave_group,
		case when e.emp_code ~ '^[0-9]{1,18}$' then e.emp_code::bigint end as emp_code_digit,
		null::int as superior_id
	from employee e left join resign r on r.employee_id = e.id;

create or replace view biotime.personnel_employee_area as
	select (employee_id::bigint << 24) + area_id as id, employee_id, area_id
	from employee_area;

create or replace view biotime.personnel_resign as
	select id, resign_date, resign_type, disableatt, reason, employee_id from resign;

create or replace view biotime.att_attemployee as
	select id, null::timestamptz as create_time, null::text as create_user,
		update_time as change_time, null::text as change_user, 0::smallint as status,
		enable_attendance, enable_schedule, enable_overtime, enable_holiday, id as emp_id,
		null::int as group_id, false as enable_compensatory, null::text as ip_address
	from employee;

create or replace view biotime.iclock_terminal as
	select t.id, t.created as create_time, null::text as create_user,
		null::timestamptz as change_time, null::text as change_user, 0::smallint as status,
		t.sn, t.alias, coalesce(s.address, t.ip_address) as ip_address,
		s.address as real_ip,
		case when s.last_activity > now()
			- make_interval(secs => greatest(3 * t.heartbeat, 120)) then 1 else 3 end as state,
		terminal_tz(t.zone, t.fixed_offset)::smallint as terminal_tz, t.heartbeat,
		1::smallint as transfer_mode, t.transfer_interval, t.transfer_time,
		null::smallint as product_type, t.is_attendance::smallint as is_attendance,
		1::smallint as is_registration, null::smallint as purpose,
		null::smallint as controller_type, 0::smallint as authentication,
		null::text as style, null::text as upload_flag, s.fw_ver,
		'2.0'::text as push_protocol, t.push_ver,
		case when t.language ~ '^[0-9]{1,9}$' then t.language::int end as language,
		true as is_tft, t.terminal_name, t.options->>'Platform' as platform,
		t.options->>'OEMVendor' as oem_vendor, null::text as log_stamp,
		null::text as op_log_stamp, null::text as capture_stamp, s.user_count,
		s.transaction_count, s.fp_count, s.fp_version::text as fp_alg_ver, s.face_count,
		s.face_version::text as face_alg_ver, null::int as fv_count,
		null::text as fv_alg_ver, s.palm_count, null::text as palm_alg_ver,
		0::smallint as lock_func, s.last_activity, s.push_time as upload_time, s.push_time,
		0::smallint as is_access, t.area_id, 1 as company_id
	from terminal t left join terminal_state s on s.terminal_id = t.id;

create or replace view biotime.iclock_transaction as
	select p.id, n.code as emp_code, p.punch_time,
		coalesce(p.punch_state, public.punch_unread(p.rest, 1), 0)::text as punch_state,
		coalesce(p.verify_type, public.punch_unread(p.rest, 2), 0)::int as verify_type, coalesce(p.work_code, '') as work_code,
		o.sn as terminal_sn, o.alias as terminal_alias, o.area_alias,
		null::float8 as longitude, null::float8 as latitude, null::text as gps_location,
		null::text as mobile, 1::smallint as source, 9::smallint as purpose,
		null::text as crc, 1::smallint as is_attendance, null::text as reserved,
		p.upload_time, null::smallint as sync_status, null::timestamptz as sync_time,
		p.is_mask, p.temperature::numeric as temperature, e.id as emp_id,
		t.id as terminal_id, 1 as company_id,
		(select c.code from company c order by c.id limit 1) as company_code,
		p.is_mask as mask_flag
	from punch p
	join pin n on n.id = p.pin_id
	join punch_origin o on o.id = p.origin_id
	left join employee e on e.pin_id = p.pin_id and p.id > n.unlinked_up_to
	left join terminal t on t.id = o.terminal_id;

create or replace view biotime.iclock_biodata as
	select b.id, null::timestamptz as create_time, null::text as create_user,
		b.update_time as change_time, null::text as change_user, 0::smallint as status,
		null::text as bio_tmp, b.bio_no, b.bio_index, b.bio_type,
		b.major_ver::text as major_ver, b.minor_ver::text as minor_ver, b.bio_format,
		b.valid, b.duress, b.update_time, b.sn, e.id as employee_id
	from template b join employee e on e.pin_id = b.pin_id;

create or replace view biotime.iclock_biophoto as
	select b.id, null::timestamptz as create_time, null::text as create_user,
		b.update_time as change_time, null::text as change_user, 0::smallint as status,
		e.first_name, e.last_name, null::text as email, b.sn as enroll_sn,
		''::text as register_photo, b.update_time as register_time,
		null::text as approval_photo, 1::smallint as approval_state,
		b.update_time as approval_time, null::text as remark, e.id as employee_id
	from photo b join employee e on e.pin_id = b.pin_id where b.form = 'BIOPHOTO';

create or replace view biotime.att_paycode as
	select id, null::timestamptz as create_time, null::text as create_user,
		null::timestamptz as change_time, null::text as change_user, 0::smallint as status,
		code, name, 3::smallint as code_type, null::smallint as tag,
		null::smallint as fixed_code, false as is_work, 0::numeric(4, 1) as fixed_hours,
		null::boolean as is_paid, null::boolean as is_benefit, 1::smallint as round_off,
		null::numeric(4, 1) as min_val, null::smallint as display_format, code as symbol,
		id as display_order, null::text as "desc", true as is_display,
		false as is_default, null::text as color_setting, 1 as company_id
	from pay_code;

-- What 8.x calls a pay code of leaves.
create or replace view biotime.att_leavecategory as
	select id, name as category_name, null::numeric as minimum_unit, null::smallint as unit,
		1::smallint as round_off, code as report_symbol, 1 as company_id
	from pay_code;

-- Leaves and manual logs are kinds of one thing there and share its ids (workflow_workflowinstance,
-- in 8.x workflow_abstractexception): those of leaves are even here, those of manual logs odd.
create or replace view biotime.att_leave as
	select 2 * t.id as workflowinstance_ptr_id, t.start_time, t.end_time, t.apply_reason,
		t.apply_time, null::text as attachment, t.pay_code_id,
		null::float8 as leave_day, 2 * t.id as abstractexception_ptr_id, t.employee_id,
		t.pay_code_id as category_id, t.audit_status::smallint as audit_status,
		t.audit_reason, t.audit_time, null::smallint as approval_level,
		c.name as approver, t.id
	from att_leave t left join account c on c.id = t.audit_by;

create or replace view biotime.att_manuallog as
	select 2 * t.id + 1 as workflowinstance_ptr_id, t.punch_time,
		t.punch_state::text as punch_state, t.work_code, t.apply_reason, t.apply_time,
		null::text as attachment, 2 * t.id + 1 as abstractexception_ptr_id, t.employee_id,
		t.audit_status::smallint as audit_status, t.audit_reason, t.audit_time,
		null::smallint as approval_level, c.name as approver, t.id
	from manual_log t left join account c on c.id = t.audit_by;

create or replace view biotime.workflow_workflowinstance as
	select workflowinstance_ptr_id as id, audit_time as approval_time,
		audit_status as approval_status, audit_reason as approval_remark, approver,
		null::text as approver_instance, employee_id, null::int as workflow_engine_id
	from biotime.att_leave
	union all
	select workflowinstance_ptr_id, audit_time, audit_status, audit_reason, approver, null,
		employee_id, null
	from biotime.att_manuallog;

create or replace view biotime.workflow_abstractexception as
	select id, approval_status as audit_status from biotime.workflow_workflowinstance;

create or replace view biotime.att_holiday as
	select id, alias, start_date, duration_day::smallint as duration_day,
		false as enable_ot_rule, null::text as ot_rule, null::text as color_setting,
		null::int as att_group_id, department_id,
		start_date + duration_day - 1 as end_date, 1 as company_id
	from att_holiday;
