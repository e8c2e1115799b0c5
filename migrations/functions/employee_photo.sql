set local check_function_bodies = off; -- functions may name each other in any order

-- Pictures of employees and approved comparison photos, as rows of photo: from there they go to
-- terminals (templates.sql).

-- Where a picture is; '' when there is none. The original's path, unless the code cannot be in one.
create or replace function employee_photo(id int, code text, a_pin int) returns text
	language sql stable as $$
	select case
		when not exists (select from photo where pin_id = a_pin and form = 'USERPIC') then ''
		when code ~ '^[A-Za-z0-9_-]+$' then '/auth_files/photo/' || code || '.jpg'
		else '/personnel/api/employees/' || id || '/photo/' end
$$;

-- The path; null: the employee is not there, or is called otherwise by now.
create or replace function employee_photo_store(employee int, code text, a_row_key bytea,
	a_sealed bytea, hash bytea) returns text language plpgsql as $$
declare
	e employee%rowtype;
begin
	select * into e from employee x where x.id = employee and x.emp_code = code for key share;
	if not found then
		return null;
	end if;
	perform photo_keep(array[code], array['USERPIC'], array[0], array[code || '.jpg'],
		array[null::text], array[''], array[a_row_key], array[a_sealed], array[hash]);
	update employee x set update_time = now() where x.id = e.id;
	return employee_photo(e.id, e.emp_code, e.pin_id);
end $$;

-- Here and on the terminals that the person is on. False: there was none.
create or replace function employee_photo_remove(employee int, expires interval, by_account int)
	returns boolean language plpgsql as $$
declare
	e employee%rowtype;
begin
	select * into e from employee x where x.id = employee for key share;
	if not found then
		return false;
	end if;
	perform template_lock(array[e.pin_id]);
	delete from photo where pin_id = e.pin_id and form = 'USERPIC';
	if not found then
		return false;
	end if;
	perform command_add(t.id, 'DATA DELETE USERPIC ' || command_pairs('PIN', e.emp_code), expires,
			by_account)
	from terminal_person p join terminal t on t.id = p.terminal_id and t.approved
	where p.pin_id = e.pin_id and p.user_there and t.generation between 2 and 5
	order by t.id;
	update employee x set update_time = now() where x.id = e.id;
	return true;
end $$;

-- True; null: there is none, or not of this person. False: it is approved, and out on terminals.
create or replace function bio_photo_judge(a_id int, approve boolean, by_account int,
	a_remark text, code text, a_row_key bytea, a_sealed bytea, hash bytea) returns boolean
	language plpgsql as $$
begin
	if (select approval_state = 1 from bio_photo where id = a_id for update) then
		return false;
	end if;
	update bio_photo b set approval_state = case when approve then 1 else 2 end,
		approval_time = now(), approved_by = by_account, remark = coalesce(left(a_remark, 200), remark)
	from employee e where b.id = a_id and e.id = b.employee_id and e.emp_code = code;
	if not found then
		return null;
	end if;
	if approve then
		perform photo_keep(array[code], array['BIOPHOTO'], array[9], array[code || '.jpg'],
			array[null::text], array[''], array[a_row_key], array[a_sealed], array[hash]);
	end if;
	return true;
end $$;
