-- Templates and photos leave with a heartbeat, after the commands and people of command.sql; what the
-- terminal answers settles them (see templates.sql).

-- How the Size of a template is said, and a photo given: 0 as the terminal gave it that sent it, 1
-- the length of the bytes, 2 that of the base64 text, 3 no content but an address. This is the
-- first choice where nothing is known of the terminal (adms-push 2.2, 4.4).
create or replace function template_variant(form text, size text, bytes int) returns int
	language sql immutable as $$
	select case
		when form = 'BIOPHOTO' then 3
		when form = 'BIODATA' then 0
		when size ~ '^[0-9]{1,9}$' then case when size::int = bytes then 2
			when size::int between bytes / 4 * 3 - 2 and bytes / 4 * 3 then 1 else 0 end
		when form in ('FP', 'FINGERTMP') then 1
		else 2
	end
$$;

-- What to try after a refusal; null: nothing is left. tried: bits of variants.
create or replace function template_fallback(form text, variant int, value int, tried int)
	returns int language sql immutable as $$
	select min(v) from generate_series(1, 3) v
	where tried & (1 << v) = 0 and case
		when form = 'FACE' then value = -9 and v < 3 -- -2: no such user
		when form in ('FP', 'FINGERTMP', 'FVEIN') then value in (-9, -2) and v < 3
		when form not in ('BIOPHOTO', 'USERPIC') then false
		when variant = 3 then value in (-1, -1008) and v = 2
		when value in (-1, -1008) then v = 3
		else value in (-9, -2) and v < 3
	end
$$;

-- Puts what is newer than the cursors of these people on a terminal into the queue, as far as it
-- fits; their rows are locked. Not yet when the user is only on the way: then it waits for the user,
-- or leaves in the same reply.
create or replace function template_queue(a_terminal int, pins int[], a_generation int,
	b terminal_bio) returns void language plpgsql
	set plan_cache_mode = force_generic_plan as $$ -- planning it takes longer than doing it
begin
	insert into terminal_template as x (terminal_id, pin_id, template_id, version, form, variant,
		due)
	select p.terminal_id, p.pin_id, k.id, k.version, k.form,
		coalesce(h.variant, template_variant(k.form, k.size, k.bytes)),
		case when p.user_there then now() else 'infinity' end
	from (select *, template_form(a_generation, bio_type, major) as form
		from template_known(pins) offset 0) k
	join terminal_person p on p.terminal_id = a_terminal and p.pin_id = k.pin_id
	left join terminal_habit h on h.terminal_id = a_terminal and h.form = k.form
	where k.version > p.bio_sent and k.form is not null
		and template_fits(k.bio_type, k.major, b.versions[k.bio_type + 1])
	order by p.pin_id, k.version
	on conflict (template_id, terminal_id) where template_id is not null do update
		set version = excluded.version, form = excluded.form, variant = excluded.variant,
			tried = 0, tries = 0, due = excluded.due, sent_id = null, return_value = null,
			reason = null
		where x.version <> excluded.version;
	insert into terminal_template as x (terminal_id, pin_id, photo_id, version, form, variant, due)
	select p.terminal_id, p.pin_id, f.id, f.version, f.form,
		coalesce(h.variant, template_variant(f.form, f.size, octet_length(f.sealed) - 33)),
		case when p.user_there then now() else 'infinity' end
	from photo f
	join terminal_person p on p.terminal_id = a_terminal and p.pin_id = f.pin_id
	left join terminal_habit h on h.terminal_id = a_terminal and h.form = f.form
	where f.pin_id = any(pins) and f.version > p.bio_sent and f.problem is null
		and (f.form = 'USERPIC' and b.pictures is true
			or f.form = 'BIOPHOTO' and f.bio_type in (0, 9) and b.photos is true
			-- never template and photo of the same type together
			and not exists (select from template_known(array[f.pin_id]) k where k.bio_type = 9
				and template_form(a_generation, 9, k.major) is not null
				and template_fits(9, k.major, b.versions[10])))
	order by p.pin_id, f.version
	on conflict (photo_id, terminal_id) where photo_id is not null do update
		set version = excluded.version, form = excluded.form, variant = excluded.variant,
			tried = 0, tries = 0, due = excluded.due, sent_id = null, return_value = null,
			reason = null
		where x.version <> excluded.version or template_delivered(x);
	update terminal_person p set bio_sent = p.bio_version, bio_reason = r.reason
	from unnest(pins) n (pin_id)
	left join template_reasons(pins, b.versions, b.photos, b.pictures) r on r.pin_id = n.pin_id
	where p.terminal_id = a_terminal and p.pin_id = n.pin_id;
end $$;

-- A comparison photo that the terminal took: its row stays, for an ERRORLOG may yet say why there is
-- no template of it.
create or replace function template_delivered(q terminal_template) returns boolean
	language sql immutable as $$
	select q.due is null and q.return_value = 0 and q.reason is null
$$;

-- The bytes of a line that carries so many digits of base64.
create or replace function template_room(variant int, digits int) returns int
	language sql immutable as $$
	select case when variant = 3 then 400 else digits + 250 end
$$;

-- What can leave now of the queue, within room and lines; the first of a reply whatever its size.
-- pins: people whose user records leave in the same reply.
create or replace function template_pick(a_terminal int, pins int[], room int, lines int,
	first boolean) returns bigint[] language plpgsql as $$
declare
	picked bigint[] := '{}';
	x record;
	n int;
begin
	for x in
		select q.id, q.variant, case when coalesce(t.problem, f.problem) is null
			then octet_length(coalesce(t.sealed, f.sealed)) - 33 end as digits
		from terminal_template q left join template t on t.id = q.template_id
		left join photo f on f.id = q.photo_id
		where q.terminal_id = a_terminal
			and (q.due <= now() or (q.due = 'infinity' and q.pin_id = any(pins)))
		order by q.due, q.id limit lines for update of q skip locked
	loop
		if x.digits is null then -- deleted at the server, or of no use
			delete from terminal_template where id = x.id;
			continue;
		end if;
		n := template_room(x.variant, x.digits);
		exit when n > room and not (first and picked = '{}');
		picked := picked || x.id;
		room := room - n;
		exit when room <= 0;
	end loop;
	return picked;
end $$;

-- Templates that leave with this heartbeat: what is queued, then people whose templates are not
-- queued yet, a hundred at a time, until there is something to send.
create or replace function template_take(a_terminal int, a_take bigint, pins int[], room int,
	lines int, first boolean)
	returns table (id bigint, emp_code text, form text, variant int, bio_type int, bio_no int,
		bio_index int, major_ver int, minor_ver int, bio_format int, valid int, duress int,
		size text, photo_id bigint, row_key bytea, sealed bytea)
	language plpgsql as $$
#variable_conflict use_column
declare
	b terminal_bio%rowtype;
	picked bigint[];
	people int[];
	rounds int := 0;
	generation int := (select t.generation from terminal t where t.id = a_terminal);
begin
	b := terminal_judged(a_terminal);
	picked := template_pick(a_terminal, pins, room, lines, first);
	while picked = '{}' loop
		people := array(select pin_id from (
			select p.pin_id from terminal_person p where p.terminal_id = a_terminal and p.wanted
				and p.user_there and p.bio_sent < p.bio_version order by p.pin_id limit 100
			for update skip locked) ready
			union all
			select pin_id from (
			select p.pin_id from terminal_person p where p.terminal_id = a_terminal
				and p.pin_id = any(pins) and p.wanted and not p.user_there and not p.former
				and p.bio_sent < p.bio_version order by p.pin_id
			for update skip locked) coming);
		exit when people = '{}';
		if rounds = 3 then
			perform terminal_wake(array[a_terminal]); -- nothing of theirs fits: go on with others
			exit;
		end if;
		perform template_queue(a_terminal, people, generation, b);
		picked := template_pick(a_terminal, pins, room, lines, first);
		rounds := rounds + 1;
	end loop;
	return query
		with taken as (
			update terminal_template q set sent_id = nextval('command_id'), take = a_take,
				due = now() + command_patience(), tried = q.tried | (1 << q.variant)
			where q.id = any(picked)
			returning q.*
		)
		select k.sent_id, pin.code, k.form, k.variant::int, coalesce(t.bio_type, f.bio_type),
			t.bio_no, t.bio_index, coalesce(nullif(t.major_ver, 0), b.versions[t.bio_type + 1], 0),
			t.minor_ver, t.bio_format, t.valid, t.duress, coalesce(t.size, f.size), k.photo_id,
			coalesce(t.row_key, f.row_key), case when k.variant < 3
				then coalesce(t.sealed, f.sealed) end
		from taken k join pin on pin.id = k.pin_id
		left join template t on t.id = k.template_id left join photo f on f.id = k.photo_id
		order by k.sent_id;
end $$;

-- All that leaves with a heartbeat: commands and people (command_take), then templates. Queues come
-- and go faster than statistics follow: always by index, one row after the other. Others wait
-- meanwhile: what is locked for long is fetched with a later heartbeat.
drop function if exists command_take_all(int, bigint);
create or replace function command_take_all(a_terminal int, a_take bigint)
	returns table (id bigint, content text, emp_code text, wanted boolean, first_name text,
		last_name text, privilege int, verify_mode int, card boolean, row_key bytea, sealed bytea, form text,
		variant int, bio_type int, bio_no int, bio_index int, major_ver int, minor_ver int,
		bio_format int, valid int, duress int, size text, photo_id bigint)
	language plpgsql set enable_seqscan = off set enable_hashjoin = off
	set enable_mergejoin = off set lock_timeout = '250ms' as $$
#variable_conflict use_column
declare
	c record;
	room int := 40000;
	lines int := 200;
	people bigint[] := '{}';
	ended boolean := false;
begin
	perform command_turn(a_terminal);
	perform terminal_stays(a_terminal);
	perform terminal_judged(a_terminal); -- locks people, if any, before command_take does
	for c in select * from command_take(a_terminal, a_take) loop
		lines := lines - 1;
		if c.content is null then
			room := room - 300;
			people := people || c.id;
		else
			room := room - octet_length(c.content) - 20;
			ended := c.content = 'REBOOT';
		end if;
		return query select c.id, c.content, c.emp_code, c.wanted, c.first_name, c.last_name,
			c.privilege, c.verify_mode, c.card, c.row_key, c.sealed, null::text, null::int, null::int,
			null::int, null::int, null::int, null::int, null::int, null::int, null::int,
			null::text, null::bigint;
	end loop;
	if ended or room <= 0 or lines <= 0 or not template_due(a_terminal, people) then
		return;
	end if;
	return query select t.id, null::text, t.emp_code, true, null::text, null::text, null::int,
		null::int, null::boolean, t.row_key, t.sealed, t.form, t.variant, t.bio_type, t.bio_no, t.bio_index,
		t.major_ver, t.minor_ver, t.bio_format, t.valid, t.duress, t.size, t.photo_id
	from template_take(a_terminal, a_take, array(select pin_id from terminal_person
		where sent_id = any(people)), room, lines, lines = 200) t;
end $$;

-- True when templates may be waiting for this terminal, or people: ids of user records that leave
-- now, whose templates may go with them.
create or replace function template_due(a_terminal int, people bigint[]) returns boolean
	language sql stable as $$
	select exists (select from terminal t where t.id = a_terminal and t.approved
			and not t.people_held)
		and (exists (select from terminal_template q where q.terminal_id = a_terminal
				and q.due <= now())
			or exists (select from terminal_person p where p.terminal_id = a_terminal
				and p.wanted and p.user_there and p.bio_sent < p.bio_version)
			or exists (select from terminal_bio b where b.terminal_id = a_terminal and b.stale)
			or exists (select from terminal_person p where p.sent_id = any(people)
				and p.terminal_id = a_terminal and p.wanted and not p.former
				and p.bio_version > 0))
$$;

-- ------------------------------------------------------------------ results

-- What was taken or sent and not answered waits again: that of one take, or (null) all of it.
create or replace function template_untake(a_terminal int, a_take bigint) returns void
	language sql as $$
	update terminal_template q set sent_id = null, tried = q.tried & ~(1 << q.variant),
		due = case when p.user_there then '-infinity'::timestamptz else 'infinity' end
	from terminal_person p
	where q.terminal_id = a_terminal and q.sent_id is not null and q.due is not null
		and (a_take is null or q.take = a_take)
		and p.terminal_id = q.terminal_id and p.pin_id = q.pin_id;
$$;

-- The PINs that results are about, so that their people are locked first.
create or replace function template_pins(a_terminal int, ids bigint[]) returns setof int
	language sql stable as $$
	select pin_id from terminal_template where sent_id = any(ids) and terminal_id = a_terminal
$$;

-- Settles one that was refused.
create or replace function template_refused(q terminal_template, value int) returns void
	language plpgsql as $$
declare
	next_one int := template_fallback(q.form, q.variant, value, q.tried);
	later timestamptz;
	unknown_pin boolean := value = -10 or (q.form = 'FACE' and value = -2);
	now_tried int := command_tries(value, q.return_value, q.tries);
begin
	if next_one is not null then
		update terminal_template set variant = next_one, sent_id = null, due = now(),
			return_value = value
		where id = q.id;
		return;
	end if;
	if unknown_pin and q.tries < 2 then
		-- the user again, and whatever else the terminal lost with them
		update terminal_person set version = version + 1, user_there = false, bio_sent = 0,
			retry_at = null, tries = 0
		where terminal_id = q.terminal_id and pin_id = q.pin_id and user_there;
		update terminal_template set due = 'infinity'
		where terminal_id = q.terminal_id and pin_id = q.pin_id and sent_id is null
			and due is not null;
		later := 'infinity';
	elsif value = -1001 then
		later := now() + interval '1 day';
	elsif value > 0 and now_tried >= 3 then
		perform command_odd_told(q.terminal_id, value, 'a template or picture');
	elsif value in (-3, -1003, -1005, -1007, -1008) or value > 0 then
		later := now() + case when q.tries >= 12 then interval '1 day'
			else least(interval '1 minute' * (1 << least(q.tries, 6)), interval '1 hour') end;
	end if;
	update terminal_template set sent_id = null, due = later, tries = now_tried,
		return_value = value, tried = case when later is null then tried else 0 end,
		reason = template_words(q) || ': ' || command_meaning(q.form, value)
			|| ' (' || value || ')'
	where id = q.id;
	if later is null and q.form = 'BIODATA' then
		perform template_photo_instead(q);
	end if;
end $$;

-- Why a photo that was taken is of no use, as the terminal reported (ERRORLOG); null: it did not.
create or replace function template_error(a_command bigint, a_terminal int) returns text
	language sql stable as $$
	select 'face photo: ' || command_reason(a_command, a_terminal)
	where exists (select from error_log e where e.command_id = a_command
		and e.terminal_id = a_terminal and e.error_code <> '00000000')
$$;

-- Which one it is, for people.
create or replace function template_words(q terminal_template) returns text
	language sql stable as $$
	select case q.form when 'USERPIC' then 'user picture' when 'BIOPHOTO' then 'face photo'
		else coalesce((select template_kind(t.bio_type) || case when t.bio_type in (1, 7)
			then ' of finger ' || t.bio_no else '' end from template t where t.id = q.template_id),
			'template') end
$$;

-- A visible-light face that the terminal will not have: the photo, where it takes any.
create or replace function template_photo_instead(q terminal_template) returns void
	language sql as $$
	insert into terminal_template (terminal_id, pin_id, photo_id, version, form, variant, due)
	select q.terminal_id, q.pin_id, f.id, f.version, f.form, coalesce(h.variant, 3), now()
	from photo f join terminal_bio b on b.terminal_id = q.terminal_id
	left join terminal_habit h on h.terminal_id = q.terminal_id and h.form = f.form
	where f.pin_id = q.pin_id and f.form = 'BIOPHOTO' and f.bio_type in (0, 9)
		and f.problem is null and b.photos is true
		and exists (select from template t where t.id = q.template_id and t.bio_type = 9)
	on conflict do nothing
$$;

-- Results of templates; those of other commands are passed over. Returns how many were ours.
create or replace function template_results(a_terminal int, ids bigint[], returns int[])
	returns int language plpgsql as $$
declare
	q terminal_template%rowtype;
	value int;
	n int := 0;
begin
	for q in select * from terminal_template x where x.sent_id = any(ids)
		and x.terminal_id = a_terminal and x.due is not null order by x.id for update
	loop
		n := n + 1;
		value := returns[array_position(ids, q.sent_id)];
		if value = 0 then
			if q.form = 'BIOPHOTO' then
				update terminal_template set due = null, return_value = value,
					reason = template_error(q.sent_id, a_terminal)
				where id = q.id;
			else
				delete from terminal_template where id = q.id;
			end if;
			if q.tried & ~(1 << q.variant) <> 0 then -- what failed first need not fail again
				insert into terminal_habit (terminal_id, form, variant)
				values (a_terminal, q.form, q.variant)
				on conflict (terminal_id, form) do update set variant = excluded.variant;
			end if;
		else
			perform template_refused(q, value);
		end if;
	end loop;
	-- templates were deleted there: room for others
	if exists (select from terminal_command c where c.id = any(ids)
			and c.terminal_id = a_terminal and c.state = 'done'
			and c.content ~ '^(DATA (DELETE|DEL_)|CLEAR)') then
		update terminal_template set due = now()
		where terminal_id = a_terminal and return_value = -1001 and due > now()
			and due < 'infinity';
	end if;
	return n;
end $$;
