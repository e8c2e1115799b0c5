-- Terminals as the ADMS side reads and registers them.

-- Offset in force now, in minutes east of UTC.
create or replace function terminal_offset(zone text, fixed_offset int) returns int
	language sql stable as $$
	select coalesce(fixed_offset,
		(extract(epoch from (now() at time zone zone) - (now() at time zone 'UTC')) / 60)::int)
$$;

-- First of all in a transaction that changes what belongs to a terminal and may refer to it: a
-- deletion locks the terminal before its belongings, too. What such a transaction finds done already
-- is acknowledged like what it does: see commit_everywhere().
create or replace function terminal_stays(a_terminal int) returns void language sql as $$
	select commit_everywhere();
	select from terminal where id = a_terminal for key share;
$$;

-- What a process keeps in memory of terminals; ids null: all.
create or replace function terminal_load(ids int[])
	returns table (id int, sn text, approved boolean, held boolean, due boolean, origin_id int,
		heartbeat int, zone text, fixed_offset int, code_page text, language text,
		push_ver text, device_type text, terminal_name text, fw_ver text, generation int,
		fp_version int, face_version int, decoded_as text, allowed_address text,
		claims_due boolean, heard boolean, forgotten int,
		access boolean, known boolean)
	language sql stable as $$
	select t.id, t.sn, t.approved, t.held_lines > 0, t.approved and command_due(t.id),
		t.origin_id, t.heartbeat, t.zone, t.fixed_offset, t.code_page, t.language,
		t.push_ver, t.device_type, t.terminal_name, s.fw_ver, t.generation, s.fp_version,
		s.face_version, t.decoded_as, t.allowed_address,
		exists (select from person_claim c where c.terminal_id = t.id and c.due),
		t.push_ver is not null or s.push_time is not null,
		coalesce((select f.times from terminal_forgotten f where f.terminal_id = t.id), 0),
		t.access_since is not null, s.last_activity is not null
	from terminal t left join terminal_state s on s.terminal_id = t.id
	where ids is null or t.id = any(ids)
$$;

-- An SN that no process knows: joins as `admission` says. Null: closed, or there is no place.
create or replace function terminal_join(a_sn text, admission text, address text, default_zone text)
	returns int language plpgsql as $$
declare
	found_id int := (select id from terminal where sn = a_sn);
	home int;
begin
	if found_id is not null or admission = 'closed' then
		return found_id;
	end if;
	if admission = 'auto' then
		home := coalesce((select id from area where id = 2 and not not_authorised),
			(select min(id) from area where not not_authorised));
	else
		home := (select id from area where not_authorised);
		perform pg_advisory_xact_lock(7263021); -- the bounds are exact
		if home is null or not stranger_place(address) then
			return null;
		end if;
	end if;
	insert into terminal (sn, ip_address, area_id, zone)
	values (a_sn, address, home, default_zone)
	on conflict (sn) do nothing returning id into found_id;
	-- what has just come makes no room, and who looks at once finds it
	update terminal_state set last_activity = now() where terminal_id = found_id;
	return coalesce(found_id, (select id from terminal where sn = a_sn));
end $$;

-- A handshake: keeps what the terminal says of itself; what was sent and not answered before it
-- is sent again (DATA verbs, people), a REBOOT or CHECK has done its work.
create or replace function terminal_hello(a_terminal int, a_push_ver text, a_type text,
	a_language text, a_generation int, address text)
	returns table (stamps text, utc_offset int, heartbeat int, transfer_time text,
		transfer_interval int, approved boolean, terminal_name text, forgotten int)
	language plpgsql as $$
#variable_conflict use_column
begin
	perform terminal_stays(a_terminal);
	update terminal t set push_ver = a_push_ver, device_type = a_type, language = a_language,
		generation = n.generation
	-- what does not say that access control has ended
	from (select case when access_since is null then a_generation else greatest(a_generation, 6)
		end::smallint as generation from terminal where id = a_terminal) n
	where t.id = a_terminal and (t.push_ver, t.device_type, t.language, t.generation)
		is distinct from (a_push_ver, a_type, a_language, n.generation);
	perform from terminal_person p where p.terminal_id = a_terminal
		and p.version <> p.confirmed_version order by p.pin_id for update;
	update terminal_command set state = 'done', finished = now(), returned = 'handshake'
	where terminal_id = a_terminal and state = 'sent' and content in ('REBOOT', 'CHECK');
	update terminal_command set sent = '-infinity'
	where terminal_id = a_terminal and state = 'sent' and resend;
	update terminal_person set sent_version = confirmed_version, sent_id = null
	where terminal_id = a_terminal and sent_version <> confirmed_version
		and version <> confirmed_version;
	perform template_untake(a_terminal, null);
	update terminal_state set sent_offset = (select terminal_offset(t.zone, t.fixed_offset)
		from terminal t where t.id = a_terminal), address = terminal_hello.address,
		last_activity = now()
	where terminal_id = a_terminal;
	return query select stamps_known(t.id), terminal_offset(t.zone, t.fixed_offset), t.heartbeat,
		t.transfer_time, t.transfer_interval, t.approved, t.terminal_name,
		coalesce((select f.times from terminal_forgotten f where f.terminal_id = t.id), 0)
	from terminal t where t.id = a_terminal;
end $$;

-- The narrow state rows, one statement for all terminals that were heard of. Null: unchanged.
-- Several processes write overlapping sets: locked in order. said: when the counts were said, for
-- what is made of them (terminal_memory.sql).
create or replace function terminal_seen(ids int[], seen timestamp[], addresses text[],
	firmwares text[], users int[], fingers int[], faces int[], palms int[], punches int[],
	finger_versions int[], face_versions int[], pushed timestamp[], said timestamp[])
	returns void language sql as $$
	select from terminal_state where terminal_id = any(ids) order by terminal_id for update;
	update terminal_state s set
		last_activity = greatest(s.last_activity, n.seen at time zone 'UTC'),
		address = coalesce(n.address, s.address),
		fw_ver = coalesce(n.firmware, s.fw_ver),
		user_count = coalesce(n.users, s.user_count),
		fp_count = coalesce(n.fingers, s.fp_count),
		face_count = coalesce(n.faces, s.face_count),
		palm_count = coalesce(n.palms, s.palm_count),
		transaction_count = coalesce(n.punches, s.transaction_count),
		fp_version = coalesce(n.finger_version, s.fp_version),
		face_version = coalesce(n.face_version, s.face_version),
		push_time = coalesce(n.pushed at time zone 'UTC', s.push_time),
		counted = greatest(n.counted at time zone 'UTC', s.counted),
		counted_users = case when n.counted at time zone 'UTC' > coalesce(s.counted, '-infinity')
			then coalesce(n.users, s.counted_users) else s.counted_users end,
		counted_punches = case when n.counted at time zone 'UTC' > coalesce(s.counted, '-infinity')
			then coalesce(n.punches, s.counted_punches) else s.counted_punches end
	from unnest(ids, seen, addresses, firmwares, users, fingers, faces, palms, punches,
		finger_versions, face_versions, pushed, said)
		as n (id, seen, address, firmware, users, fingers, faces, palms, punches,
			finger_version, face_version, pushed, counted)
	where s.terminal_id = n.id
$$;

-- What table=options or the answer to INFO says: kept, and where it has a column of its own there.
create or replace function terminal_options(a_terminal int, said jsonb) returns void
	language plpgsql as $$
begin
	update terminal set options = case when pg_column_size(options) < 65536 then options else '{}' end
			|| said,
		terminal_name = coalesce(left(said->>'DeviceName', 30), terminal_name)
	where id = a_terminal and not options @> said;
	update terminal_state set
		fw_ver = coalesce(left(option_firmware(said), 100), fw_ver),
		user_count = coalesce(option_number(said, 'UserCount'), user_count),
		fp_count = coalesce(option_number(said, 'FPCount'), fp_count),
		face_count = coalesce(option_number(said, 'FaceCount'), face_count),
		palm_count = coalesce(option_number(said, 'PvCount'), palm_count),
		transaction_count = coalesce(option_number(said, 'TransactionCount'), transaction_count),
		fp_version = coalesce(option_number(said, 'FPVersion'), fp_version),
		face_version = coalesce(option_number(said, 'FaceVersion'), face_version)
	where terminal_id = a_terminal;
	perform terminal_counted(a_terminal, option_number(said, 'UserCount'),
		option_number(said, 'TransactionCount'));
end $$;

-- The firmware's version, which has many names; null: it is not said.
create or replace function option_firmware(said jsonb) returns text language sql immutable as $$
	select nullif(btrim(value), '')
	from jsonb_each_text(said) o join unnest(array['fwversion', 'firmver', 'firmwareversion',
		'firmwarever', 'fwver', 'firmware', 'fwversionnumber', 'softwareversion', 'swversion'])
		with ordinality k (name, place) on k.name = lower(replace(o.key, '_', ''))
	where btrim(value) <> '' order by k.place, o.key limit 1
$$;

create or replace function option_number(said jsonb, name text) returns int
	language sql immutable as $$
	select case when said->>name ~ '^[0-9]{1,9}$' then (said->>name)::int end
$$;

create or replace function server_setting_tell(a_name text, a_value text) returns void
	language sql as $$
	insert into server_setting as s (name, value) values (a_name, a_value)
	on conflict (name) do update set value = excluded.value where s.value <> excluded.value
$$;
