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

-- Terminals whose newest punches are more than a minute from now, although they upload at once: a
-- clock ahead gives punches from the future; one behind makes even the freshest of some minutes'
-- uploads old. A backlog makes none of the two: it comes within a minute.
create or replace function clock_watch() returns void language plpgsql as $$
begin
	if not pg_try_advisory_xact_lock(7263012) then
		return;
	end if;
	perform alert_raise(w.terminal_id, 'clock_wrong', '', format(
		'its punches are %s minutes %s: its clock or its time zone',
		round(abs(w.seconds) / 60.0, 1), case when w.seconds < 0 then 'ahead' else 'behind' end),
		interval '1 hour')
	from (
		select o.terminal_id, count(distinct date_trunc('minute', p.upload_time)) as minutes,
			extract(epoch from min((p.upload_time at time zone 'UTC')
				- (p.punch_time - make_interval(mins => p.tz_offset)))) as seconds
		from punch p join punch_origin o on o.id = p.origin_id
		where p.id > (select last_id - 20000 from punch_counter)
			and p.upload_time > now() - interval '15 minutes' and p.punch_time >= '2001-01-01'
		group by o.terminal_id) w
	join terminal t on t.id = w.terminal_id and t.approved
	where w.seconds < -60 or (w.seconds > 60 and w.minutes >= 3);
end $$;
