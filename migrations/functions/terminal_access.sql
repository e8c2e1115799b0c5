-- Terminals that speak access control: with this server nothing of theirs works. adms/fleet/access.h says
-- when one does.

create or replace function terminal_access_alert(a_terminal int) returns void language sql as $$
	-- one that comes and goes is one alert
	update alert set acknowledged = null
	where id = (select a.id from alert a join terminal t on t.sn = a.sn
		where t.id = a_terminal and a.kind = 'access_control' and a.acknowledged_by is null
			and a.last_seen > now() - interval '1 day'
		order by a.id desc limit 1);
	select alert_raise(a_terminal, 'access_control', '',
		'speaks access control: switch it to T&A PUSH (its menu, System, Device Type Setting)');
$$;

-- It speaks access control from now on, or attendance again.
create or replace function terminal_access(a_terminal int, speaks boolean) returns void
	language plpgsql as $$
begin
	if speaks then
		update terminal set access_since = now(), generation = 6
		where id = a_terminal and access_since is null;
		if found and (select approved from terminal where id = a_terminal) then
			perform terminal_access_alert(a_terminal);
		end if;
		return;
	end if;
	-- its next handshake says which generation
	update terminal set access_since = null, generation = case when generation > 5 then 3
		else generation end
	where id = a_terminal and access_since is not null;
	update alert a set acknowledged = now() from terminal t
	where t.id = a_terminal and a.sn = t.sn and a.kind = 'access_control'
		and a.acknowledged is null;
end $$;

-- One that speaks it already is approved.
create or replace function terminal_access_approved() returns trigger language plpgsql as $$
begin
	perform terminal_access_alert(new.id);
	return null;
end $$;

create or replace trigger terminal_access_approved after update on terminal
	for each row when (new.approved and not old.approved and new.access_since is not null)
	execute function terminal_access_approved();
