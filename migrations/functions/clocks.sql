-- Clocks that are wrong: the punches, and the terminals.

-- Flags the punches of a write; the first arrival says how odd a time was.
create or replace function odd_times_keep(pins int[], times timestamp[], flags text[])
	returns void language sql as $$
	insert into punch_odd_time (pin_id, punch_time, flag)
	select n.pin_id, n.punch_time, n.flag
	from unnest(pins, times, flags) as n (pin_id, punch_time, flag)
	order by n.pin_id, n.punch_time
	on conflict do nothing
$$;

-- Terminals whose freshest punches are more than a minute from now, although they upload at once: a
-- clock ahead gives punches from the future; one behind makes even the freshest of some minutes'
-- uploads old. A backlog makes none of the two: it comes within a minute. How wrong a clock is the
-- middle one of the five freshest says: one wild punch says nothing. What is further from now than any
-- zone from another says nothing either, unless all are.
create or replace function clock_watch() returns void language plpgsql as $$
begin
	if not pg_try_advisory_xact_lock(7263012) then
		return;
	end if;
	perform alert_raise(w.terminal_id, 'clock_wrong', '', format(
		'its punches are %s minutes %s: its clock or its time zone',
		round(abs(w.seconds)::numeric / 60, 1), case when w.seconds < 0 then 'ahead' else 'behind' end),
		interval '1 hour')
	from (
		select f.terminal_id, count(distinct date_trunc('minute', f.upload_time)) as minutes,
			percentile_disc(0.5) within group (order by f.seconds) filter (where f.place <= 5)
				as seconds,
			bool_or(abs(f.seconds) <= 60) as once_right
		from (
			select s.*, row_number() over (partition by s.terminal_id order by s.seconds) as place
			from (
				select l.*, bool_or(abs(l.seconds) <= 54000) over (partition by l.terminal_id)
					as possible
				from (
					select o.terminal_id, p.upload_time,
						extract(epoch from (p.upload_time at time zone 'UTC')
							- (p.punch_time - make_interval(mins => p.tz_offset))) as seconds
					from punch p join punch_origin o on o.id = p.origin_id
					where p.id > (select last_id - 20000 from punch_counter)
						and p.upload_time > now() - interval '15 minutes'
						and p.punch_time >= '2001-01-01') l) s
			where abs(s.seconds) <= 54000 or not s.possible) f
		group by f.terminal_id) w
	join terminal t on t.id = w.terminal_id and t.approved
	where w.seconds < -60 or (w.seconds > 60 and w.minutes >= 3 and not w.once_right);
end $$;
