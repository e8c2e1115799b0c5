-- The audit trail. Who changes something says so for the transaction (punchd.actor, a JSON text
-- set by every request that may write); triggers on every table then write what was changed, in
-- the same transaction, whichever way it was written. What terminals and the watch do has no
-- actor, and is not part of it.
--
-- From audit_pending a process takes rows into a chain of its own: personal values are sealed
-- under the person's key by then. Only functions that run as the schema's owner write here, so
-- that the application's role cannot.

-- Left out of before and after: what changes with everything, and says nothing.
create or replace function audit_shown(j jsonb) returns jsonb language sql immutable as $$
	select jsonb_object_agg(key, case when key ~ '(^|_)(sealed|hash|wrapped|password|secret)(_|$)'
		or key ~ 'comm_?key' or key = 'options' then '"***"'::jsonb else value end)
	from jsonb_each(j) where key not in ('row_key', 'update_time', 'content_hash', 'card_hash',
		'email_hash', 'version', 'pin_id', 'stranger')
$$;

-- Whom a row is about. Of people who are being deleted with it the PIN is remembered.
create or replace function audit_pin(a_table text, j jsonb) returns int language plpgsql stable as $$
declare
	found_pin int;
begin
	if j ? 'pin_id' then
		return (j ->> 'pin_id')::int;
	elsif j ? 'employee_id' then
		select pin_id into found_pin from employee where id = (j ->> 'employee_id')::int;
		return coalesce(found_pin, (nullif(current_setting('punchd.leaving', true), '')::jsonb
			->> (j ->> 'employee_id'))::int);
	elsif a_table = 'terminal_command' then
		select id into found_pin from pin where code = (regexp_match(j ->> 'content',
			'(?:^|[\t ])(?:pin|user_id|userid)=([^\t]*)', 'i'))[1];
		return found_pin;
	elsif a_table = 'alert' and j ->> 'subject' <> '' then
		select id into found_pin from pin where code = j ->> 'subject';
		return found_pin;
	end if;
	return null;
end $$;

create or replace function audit_write(an_action text, a_resource text, an_object bigint, a_pin int,
	a_before jsonb, an_after jsonb, old_row jsonb, new_row jsonb) returns void
	language plpgsql security definer set search_path = public, pg_temp as $$
declare
	who jsonb := nullif(current_setting('punchd.actor', true), '')::jsonb;
	sealed boolean := a_resource in ('employee', 'private_message')
		and old_row ->> 'sealed' is distinct from new_row ->> 'sealed';
begin
	if who is null then
		return;
	end if;
	insert into audit_pending (chain_id, actor, action, resource, object_id, pin_id, before, after,
		old_row_key, old_sealed, new_row_key, new_sealed)
	values ((who ->> 'chain')::int, who - 'chain', an_action, a_resource, an_object, a_pin,
		a_before, an_after,
		case when sealed then (old_row ->> 'row_key')::bytea end,
		case when sealed then (old_row ->> 'sealed')::bytea end,
		case when sealed then (new_row ->> 'row_key')::bytea end,
		case when sealed then (new_row ->> 'sealed')::bytea end);
end $$;

create or replace function audit_number(said text) returns bigint language sql immutable as $$
	select case when said ~ '^[0-9]{1,18}$' then said::bigint end
$$;

create or replace function audit_changed() returns trigger language plpgsql as $$
declare
	was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
	now_is jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
	one jsonb := coalesce(now_is, was);
	a_before jsonb := audit_shown(was);
	an_after jsonb := audit_shown(now_is);
	differs text[];
begin
	if tg_op = 'UPDATE' then
		select array_agg(key) into differs from jsonb_each(now_is) n
		where n.value is distinct from was -> n.key;
		select jsonb_object_agg(key, value) into a_before from jsonb_each(a_before)
		where key = any(differs);
		select jsonb_object_agg(key, value) into an_after from jsonb_each(an_after)
		where key = any(differs);
		if an_after is null then
			return null;
		end if;
	end if;
	perform audit_write(case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'change'
		else 'delete' end, tg_table_name,
		audit_number(coalesce(one ->> 'id', one ->> 'employee_id', one ->> 'terminal_id')),
		audit_pin(tg_table_name, one), a_before, an_after, was, now_is);
	return null;
end $$;

-- What no row of an audited table tells.
create or replace function audit_note(an_action text, a_resource text, an_object bigint,
	an_after jsonb) returns void language sql as $$
	select audit_write(an_action, a_resource, an_object, null, null, an_after, null, null)
	where coalesce(current_setting('punchd.actor', true), '') <> ''
$$;

-- The rows that go with an employee come when it is gone.
create or replace function audit_leaving() returns trigger language plpgsql as $$
begin
	perform set_config('punchd.leaving', (coalesce(nullif(current_setting('punchd.leaving', true),
		''), '{}')::jsonb || jsonb_build_object(old.id::text, old.pin_id))::text, true);
	return old;
end $$;

-- Every table is audited, those below excepted: what follows from changes, what terminals write,
-- and the trail itself.
do $$
declare
	a_table text;
	actor constant text := 'coalesce(current_setting(''punchd.actor'', true), '''') <> ''''';
begin
	for a_table in select relname from pg_class where relkind = 'r'
		and relnamespace = 'public'::regnamespace
		and relname not in ('terminal_state', 'terminal_stamp', 'terminal_person',
			'terminal_template', 'terminal_bio', 'terminal_habit', 'terminal_own',
			'terminal_item', 'terminal_item_stale', 'terminal_watch', 'terminal_work_code',
			'terminal_forgotten',
			'terminal_message', 'pin', 'punch', 'punch_counter', 'punch_block',
			'punch_tombstone', 'punch_aside', 'punch_variant', 'punch_odd_time', 'punch_origin',
			'reject', 'operation_log', 'raw_upload', 'held_upload', 'punch_photo', 'fp_image',
			'id_card', 'person_claim', 'error_log', 'upload_log', 'reconciliation_window',
			'reconciliation_shortfall', 'tally', 'person_key', 'erasure', 'page_session',
			'erasure_terminal', 'card_holder', 'punch_shift',
			'punch_shift_row', 'held_release', 'server_setting', 'walk')
		and relname !~ '^(audit|import|schema)_'
	loop
		execute format('create or replace trigger zz_audit after insert or update or delete on %I'
			' for each row when (' || actor || ') execute function audit_changed()', a_table);
	end loop;
	execute 'create or replace trigger zz_audit after delete on punch for each row when ('
		|| actor || ') execute function audit_changed()';
	execute 'create or replace trigger audit_leaving before delete on employee for each row when ('
		|| actor || ') execute function audit_leaving()';
end $$;

-- ------------------------------------------------------------------ the chains

create or replace function audit_begin(a_process text) returns int
	language plpgsql security definer set search_path = public, pg_temp as $$
declare
	made int;
begin
	insert into audit_chain (process, hash) values (a_process, '') returning id into made;
	update audit_chain set hash = sha256(key) where id = made;
	return made;
end $$;

-- What the hash of a row's content is made over. `punchd audit verify` has the same words.
create or replace function audit_content(l audit_log) returns bytea language sql stable as $$
	select convert_to(jsonb_build_array(l.chain_id, l.seq, extract(epoch from l.happened)::text,
		l.actor_kind, l.actor_id, l.actor_name, l.token_id, l.address, l.request, l.action,
		l.resource, l.object_id, l.pin_id, l.before, l.after, l.person_key_id,
		encode(l.personal, 'hex'))::text, 'UTF8')
$$;

create or replace function audit_append(a_chain int, p audit_pending, a_key bigint, a_personal bytea)
	returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
	c audit_chain%rowtype;
	l audit_log%rowtype;
begin
	select * into c from audit_chain where id = a_chain for update;
	l.chain_id := a_chain;
	l.seq := c.seq + 1;
	l.happened := p.happened;
	l.actor_kind := p.actor ->> 'kind';
	l.actor_id := (p.actor ->> 'id')::int;
	l.actor_name := p.actor ->> 'name';
	l.token_id := (p.actor ->> 'token')::int;
	l.address := p.actor ->> 'address';
	l.request := p.actor ->> 'request';
	l.action := p.action;
	l.resource := p.resource;
	l.object_id := p.object_id;
	l.pin_id := p.pin_id;
	if p.pin_id is null then
		l.before := p.before;
		l.after := p.after;
	elsif p.erased then
		l.person_key_id := 0;
	elsif a_personal is not null then
		l.person_key_id := a_key;
		l.personal := a_personal;
	end if;
	l.content_hash := sha256(audit_content(l));
	l.hash := sha256(c.hash || int8send(l.seq)
		|| convert_to(extract(epoch from l.happened)::text, 'UTF8') || l.content_hash);
	insert into audit_log (chain_id, seq, happened, actor_kind, actor_id, actor_name, token_id,
		address, request, action, resource, object_id, pin_id, before, after, person_key_id,
		personal, content_hash, hash)
	values (l.chain_id, l.seq, l.happened, l.actor_kind, l.actor_id, l.actor_name, l.token_id,
		l.address, l.request, l.action, l.resource, l.object_id, l.pin_id, l.before, l.after,
		l.person_key_id, l.personal, l.content_hash, l.hash);
	update audit_chain set seq = l.seq, hash = l.hash where id = a_chain;
end $$;

-- Takes these rows into the chain, in their order; those that somebody else has taken are passed.
-- Of a person: before and after as sealed under the key with that id. Where the key is gone
-- meanwhile the person was erased. Returns how many were taken.
create or replace function audit_link(a_chain int, ids bigint[], keys bigint[], personals bytea[])
	returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare
	p audit_pending%rowtype;
	n record;
	taken int := 0;
begin
	for n in select * from unnest(ids, keys, personals) as u (id, key_id, personal) order by 1 loop
		delete from audit_pending where id = n.id returning * into p;
		continue when not found;
		perform from person_key where id = n.key_id for key share;
		p.erased := p.erased or (p.pin_id is not null and not found);
		perform audit_append(a_chain, p, n.key_id, n.personal);
		taken := taken + 1;
	end loop;
	return taken;
end $$;

-- Once an hour one process writes down how far every chain is, so that the end of a chain, or a
-- whole one, cannot go unseen. forced: now. Returns the hash to be told to the log, or null.
create or replace function audit_anchor(a_chain int, forced boolean) returns text
	language plpgsql security definer set search_path = public, pg_temp as $$
declare
	p audit_pending%rowtype;
begin
	if not pg_try_advisory_xact_lock(7263002) then
		return null;
	end if;
	if not forced and exists (select from audit_log where action = 'anchor'
		and happened > now() - interval '1 hour') then
		return null;
	end if;
	p.happened := clock_timestamp();
	p.actor := '{"kind": "system"}';
	p.action := 'anchor';
	p.resource := 'audit';
	p.erased := false;
	select jsonb_object_agg(id, jsonb_build_array(seq, encode(hash, 'hex'))) into p.after
	from audit_chain where seq > 0;
	perform audit_append(a_chain, p, null, null);
	return (select encode(hash, 'hex') from audit_chain where id = a_chain);
end $$;

-- ------------------------------------------------------------------ keeping

-- Drops the content of rows older than `before`; their place in the chain stays. Never of the last
-- 30 days: who can call this must not be able to hide what was just done. Returns how many.
create or replace function audit_expire(before timestamptz) returns bigint
	language plpgsql security definer set search_path = public, pg_temp as $$
declare
	up_to timestamptz := least(before, now() - interval '30 days');
	n bigint;
begin
	perform set_config('punchd.audit_expire', 'on', true);
	update audit_log l set actor_kind = null, actor_id = null, actor_name = null, token_id = null,
		address = null, request = null, action = null, resource = null, object_id = null,
		pin_id = null, before = null, after = null, person_key_id = null, personal = null,
		expired = true
	where happened < up_to and not expired and action <> 'anchor';
	get diagnostics n = row_count;
	perform set_config('punchd.audit_expire', '', true);
	if n > 0 then
		insert into audit_expiry (before, rows) values (up_to, n);
	end if;
	return n;
end $$;

-- Against accidents, where one role owns the tables and uses them; where there are two, the
-- application's has no right to it in the first place.
create or replace function audit_kept() returns trigger language plpgsql as $$
begin
	if tg_op = 'UPDATE' and current_setting('punchd.audit_expire', true) = 'on' then
		return null;
	end if;
	raise exception 'the audit trail is only ever appended to' using errcode = '42501';
end $$;

create or replace trigger audit_kept before update or delete or truncate on audit_log
	for each statement execute function audit_kept();
create or replace trigger audit_kept before update or delete or truncate on audit_expiry
	for each statement execute function audit_kept();

-- ------------------------------------------------------------------ the keys of people

-- Keys for those who have none yet and are to have something sealed.
create or replace function person_keys_make(pins int[], row_keys bytea[], sealed bytea[])
	returns void language sql as $$
	insert into person_key (pin_id, row_key, sealed)
	select n.pin, n.row_key, n.sealed
	from unnest(pins, row_keys, person_keys_make.sealed) as n (pin, row_key, sealed)
	where exists (select from audit_pending p where p.pin_id = n.pin and not p.erased)
	order by 1
	on conflict (pin_id) do nothing
$$;
