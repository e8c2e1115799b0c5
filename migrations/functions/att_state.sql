-- The state a punch is shown with. What the terminal sent stays in punch.punch_state; a rule of the
-- terminal, or else of the area in which the punch was made, takes its place when punches are read.
-- So a rule holds for all punches at once, and none after it was taken back.
--
--   in, out       the terminal hangs where people only enter or only leave: 0, 1
--   first_last    the person's first punch of the day is 0, the last one 1, those between are neither
--   alternate     in, out, in, ... within the person's day; a punch less than a minute after the one
--                 before repeats it
--   schedule 06:00 in, 12:00 out, ...   by time of day; the last one holds past midnight
--   raw           as sent, whatever the area says
--
-- A day is the calendar day of the terminal's own clock.

-- Punches of before 255 stood for a state, or a verify type (which 2), that cannot be read: null, and the
-- whole line in rest. What they are shown with; null: the line has no such column. The view of readers
-- calls it, who have a search_path of their own: nothing of public in it.
create or replace function punch_unread(rest bytea, which int) returns smallint language sql immutable as $$
	select case when octet_length(rest) < 22 or coalesce(said[which], '') = '' then null
		when said[which] ~ '^[+-]?[0-9]{1,4}$' then said[which]::smallint
		when which = 1 and upper(said[1]) = 'I' then 0
		when which = 1 and upper(said[1]) = 'O' then 1
		else 255 end::smallint
	from regexp_match(encode(rest, 'escape'), '^(?:[^\t]+\t|[^ \t]+ ) *\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d'
		' *(?:\t| |$) *([^\t ]*) *(?:\t| |$) *([^\t ]*)') said
$$;

create or replace function punch_state_rules() returns boolean language sql stable as $$
	select exists (select from terminal where state_rule <> '')
		or exists (select from area where state_rule <> '')
$$;

-- amid: of punches between first and last.
create or replace function punch_state_shown(origin int, pin int, moment timestamp, raw smallint,
	amid smallint default 255) returns smallint language plpgsql stable as $$
declare
	rule text;
	day timestamp := date_trunc('day', moment);
begin
	select coalesce(nullif(t.state_rule, ''), a.state_rule, '') into rule
	from punch_origin o
		left join terminal t on t.id = o.terminal_id
		left join area a on a.id = o.area_id
	where o.id = origin;
	case
		when rule = 'in' then
			return 0;
		when rule = 'out' then
			return 1;
		when rule = 'first_last' then
			return case
				when not exists (select from punch p where p.pin_id = pin and p.punch_time >= day
					and p.punch_time < moment) then 0
				when exists (select from punch p where p.pin_id = pin and p.punch_time > moment
					and p.punch_time < day + interval '1 day') then amid
				else 1 end;
		when rule = 'alternate' then
			return (select (count(*) + 1) % 2
				from (select coalesce(p.punch_time - lag(p.punch_time) over (order by p.punch_time)
						>= interval '1 minute', true) as fresh
					from punch p
					where p.pin_id = pin and p.punch_time >= day and p.punch_time <= moment) x
				where x.fresh);
		when rule like 'schedule %' then
			return (select (split_part(e, ' ', 2) = 'out')::int
				from regexp_split_to_table(substr(rule, 10), ', ?') e
				order by split_part(e, ' ', 1)::time <= moment::time desc,
					split_part(e, ' ', 1)::time desc
				limit 1);
		else
			return raw;
	end case;
end $$;
