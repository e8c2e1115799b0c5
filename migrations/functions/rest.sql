-- What REST shows of terminals and commands.

-- terminal_tz: hours when whole, else minutes. A view calls it: whoever reads that has a search_path of
-- their own.
create or replace function terminal_tz(zone text, fixed_offset int) returns int
	language sql stable as $$
	select case when o % 60 = 0 then o / 60 else o end from public.terminal_offset(zone, fixed_offset) o
$$;

-- fixed_offset after terminal_tz was written: what is shown changes nothing, the zone's own
-- standard or summer offset lets the terminal follow its zone, anything else is fixed.
create or replace function terminal_fixed(zone text, fixed_offset int, wanted int) returns int
	language sql stable as $$
	select case
		when minutes = terminal_offset(zone, fixed_offset) then fixed_offset
		when minutes in (select extract(epoch from (t at time zone zone) - (t at time zone 'UTC'))
			/ 60 from (values (date_trunc('year', now())),
				(date_trunc('year', now()) + interval '6 months')) v (t)) then null
		else minutes
	end
	from (select case when abs(wanted) <= 14 then wanted * 60 else wanted end as minutes) w
$$;

-- An IANA name as the zone database spells it; no abbreviations, whose offsets never change.
create or replace function zone_named(said text) returns text language plpgsql stable as $$
declare
	found_name text := (select name from pg_timezone_names where lower(name) = lower(said)
		and name !~ '^(posix/|right/|posixrules$|localtime$)');
begin
	if found_name is null then
		raise exception 'no such time zone' using errcode = '22023', constraint = 'time_zone';
	end if;
	return found_name;
end $$;
