-- What exists for an account that is limited to areas, to departments, or to both. Areas and
-- departments bring those below them along. An account that has no limit of a kind sees all of it.

create or replace function scope_areas(who int) returns setof int language sql stable as $$
	with recursive down as (
		select unnest(a.areas) as id from account a where a.id = who
		union
		select c.id from area c join down on c.parent_id = down.id
	)
	select id from down
	union all
	select id from area where (select a.areas is null from account a where a.id = who)
$$;

create or replace function scope_departments(who int) returns setof int language sql stable as $$
	with recursive down as (
		select unnest(a.departments) as id from account a where a.id = who
		union
		select c.id from department c join down on c.parent_id = down.id
	)
	select id from down
	union all
	select id from department where (select a.departments is null from account a where a.id = who)
$$;

create or replace function scope_employees(who int) returns setof int language sql stable as $$
	select e.id from employee e
	where ((select a.departments is null from account a where a.id = who)
		or e.department_id in (select scope_departments(who)))
	and ((select a.areas is null from account a where a.id = who)
		or exists (select from employee_area x where x.employee_id = e.id
			and x.area_id in (select scope_areas(who))))
$$;

create or replace function scope_pins(who int) returns setof int language sql stable as $$
	select e.pin_id from employee e where e.id in (select scope_employees(who))
$$;

create or replace function scope_codes(who int) returns setof text language sql stable as $$
	select e.emp_code from employee e where e.id in (select scope_employees(who))
$$;

create or replace function scope_terminals(who int) returns setof int language sql stable as $$
	select t.id from terminal t where t.area_id in (select scope_areas(who))
$$;

create or replace function scope_serials(who int) returns setof text language sql stable as $$
	select t.sn from terminal t where t.area_id in (select scope_areas(who))
$$;

-- The codes of the people who do not exist for it.
create or replace function scope_outsiders(who int) returns setof text language sql stable as $$
	select e.emp_code from employee e where e.id not in (select scope_employees(who))
$$;

-- The PINs that a command, what came back of it, or an error names: to the next column, to the next
-- PIN, and as far as where other forms of writing would end them. Split, for a match would take
-- what is named within another's column along.
create or replace function line_pins(line text) returns setof text language sql immutable as $$
	select unnest(array[to_column, (regexp_match(to_column, '^[^&,;\s]*'))[1]])
	from regexp_split_to_table(line, '(?:^|[\s,;&])(?:pin|user_id|userid)=', 'i')
		with ordinality s (part, i),
		lateral (select (regexp_match(part, '^[^\t\r\n]*'))[1]) c (to_column)
	where i > 1
$$;

-- Those of an alert: its subject, and whom the operation log named (watch_oplog).
create or replace function alert_pins(subject text, said text) returns setof text
	language sql immutable as $$
	select subject
	union all
	select m[1] from regexp_matches(said, ', (?:user|by) ([^,]*)', 'g') m
$$;

-- The row that was saved last in this transaction, as who saved it said (punchd.saved).
create or replace function scope_saved() returns setof int language sql stable as $$
	select nullif(current_setting('punchd.saved', true), '')::int
	where coalesce(current_setting('punchd.saved', true), '') <> ''
$$;

-- Ends the transaction unless what it has saved is within the limits of who saved it.
create or replace function scope_hold(within boolean) returns boolean language plpgsql as $$
begin
	if within is not true then
		raise exception 'outside the limits of who saves it' using errcode = '23L01';
	end if;
	return true;
end $$;

-- The same before a command is queued: it names nobody outside of them.
create or replace function scope_hold_line(who int, line text) returns boolean language sql as $$
	select scope_hold(not exists (select from line_pins(line) n
		where n in (select scope_outsiders(who))))
$$;
