set local check_function_bodies = off; -- functions may name each other in any order

-- Templates and photos that fail the test of base/content.h. Nothing enters that does; what was stored
-- before is found by the walk through them, and at the latest when it is about to be sent.

-- The next rows, by their ids, of at most a megabyte or one.
create or replace function template_some(a_from bigint)
	returns table (id bigint, version bigint, size text, row_key bytea, sealed bytea, bio_type int,
		bio_no int, bio_index int)
	language sql stable as $$
	select id, version, size, row_key, sealed, bio_type, bio_no, bio_index
	from (select x.*, sum(octet_length(sealed)) over (order by x.id) as upto
		from (select t.* from template t where t.id > a_from order by t.id limit 200) x) x
	where upto - octet_length(sealed) < 1048576 order by id
$$;

create or replace function photo_some(a_from bigint)
	returns table (id bigint, version bigint, size text, row_key bytea, sealed bytea)
	language sql stable as $$
	select id, version, size, row_key, sealed
	from (select x.*, sum(octet_length(sealed)) over (order by x.id) as upto
		from (select p.* from photo p where p.id > a_from order by p.id limit 200) x) x
	where upto - octet_length(sealed) < 1048576 order by id
$$;

create or replace function claim_some(a_from bigint)
	returns table (id bigint, place text, size text, row_key bytea, sealed bytea)
	language sql stable as $$
	select id, place, details->>'size', row_key, sealed
	from (select x.*, sum(octet_length(sealed)) over (order by x.id) as upto
		from (select c.* from person_claim c where c.id > a_from order by c.id limit 200) x) x
	where upto - octet_length(sealed) < 1048576 order by id
$$;

-- ------------------------------------------------------------------ what is found

-- These are sent to nobody from now on; the terminals they came from are asked for them again, where
-- such things are kept (ask). versions: what was looked at; what came meanwhile is good.
create or replace function template_broken(ids bigint[], versions bigint[], problems text[],
	ask boolean) returns void language plpgsql as $$
declare
	homes int[] := array(select distinct d.id from template t join terminal d on d.sn = t.sn
		where t.id = any(ids) order by 1);
	pins int[] := array(select distinct pin_id from template where id = any(ids) order by 1);
	broken bigint[];
begin
	perform terminal_stays(home) from unnest(homes) home;
	perform template_lock(pins);
	with found as (
		update template t set problem = n.problem
		from unnest(ids, versions, problems) as n (id, version, problem)
		where t.id = n.id and t.version = n.version and t.problem is null
		returning t.id
	)
	select array_agg(id) into broken from found;
	delete from terminal_template where template_id = any(broken);
	perform content_missing(pins);
	perform content_ask(d.id, array_agg(coalesce(order_query_templates(d, jsonb_build_object(
		'type', t.bio_type::text, 'pin', pin.code, 'number',
		case when t.bio_type in (1, 7) and t.bio_no < 10 then t.bio_no end)), 'DATA QUERY USERINFO '
		|| command_pairs('PIN', pin.code)) order by t.id))
	from template t join terminal d on d.sn = t.sn join pin on pin.id = t.pin_id
	where ask and t.id = any(broken) group by d.id;
	perform content_tell(s.sn, s.example) from (
		select t.sn, min(format('%s of %s: %s', template_name(t), pin.code, t.problem)) as example
		from template t join pin on pin.id = t.pin_id where t.id = any(broken)
		group by t.sn order by t.sn) s;
end $$;

create or replace function photo_broken(ids bigint[], versions bigint[], problems text[],
	ask boolean) returns void language plpgsql as $$
declare
	homes int[] := array(select distinct d.id from photo p join terminal d on d.sn = p.sn
		where p.id = any(ids) order by 1);
	pins int[] := array(select distinct pin_id from photo where id = any(ids) order by 1);
	broken bigint[];
begin
	perform terminal_stays(home) from unnest(homes) home;
	perform template_lock(pins);
	with found as (
		update photo p set problem = n.problem
		from unnest(ids, versions, problems) as n (id, version, problem)
		where p.id = n.id and p.version = n.version and p.problem is null
		returning p.id
	)
	select array_agg(id) into broken from found;
	delete from terminal_template where photo_id = any(broken);
	perform content_missing(pins);
	perform content_ask(d.id, array_agg('DATA QUERY USERINFO ' || command_pairs('PIN', pin.code)
		order by p.id))
	from photo p join terminal d on d.sn = p.sn join pin on pin.id = p.pin_id
	where ask and p.id = any(broken) group by d.id;
	perform content_tell(s.sn, s.example) from (
		select p.sn, min(format('%s of %s: %s', photo_name(p), pin.code, p.problem)) as example
		from photo p join pin on pin.id = p.pin_id where p.id = any(broken)
		group by p.sn order by p.sn) s;
end $$;

-- Just before they were sent, under these ids.
create or replace function content_refused(a_terminal int, sent bigint[], problems text[],
	ask boolean) returns void language sql as $$
	select template_broken(array_agg(q.template_id), array_agg(q.version), array_agg(n.problem),
		ask)
	from unnest(sent, problems) as n (sent_id, problem) join terminal_template q
		on q.sent_id = n.sent_id and q.terminal_id = a_terminal
	where q.template_id is not null having count(*) > 0;
	select photo_broken(array_agg(q.photo_id), array_agg(q.version), array_agg(n.problem),
		ask)
	from unnest(sent, problems) as n (sent_id, problem) join terminal_template q
		on q.sent_id = n.sent_id and q.terminal_id = a_terminal
	where q.photo_id is not null having count(*) > 0;
$$;

-- What waits for a confirmation: kept among the rejects, sealed as those are.
create or replace function claim_broken(ids bigint[], problems text[], row_keys bytea[],
	sealed bytea[], hashes bytea[]) returns void language plpgsql as $$
declare
	pins int[] := array(select distinct pin_id from person_claim where id = any(ids) order by 1);
begin
	perform from pin where id = any(pins) order by id for no key update;
	perform reject_keep(array_agg(t.sn), array_agg(t.id), array_agg(
			case c.details->>'form' when 'FP' then 'FINGERTMP' else c.details->>'form' end),
		array_agg('what this terminal said of somebody of another area: ' || n.problem),
		array_agg(n.row_key), array_agg(n.sealed), array_agg(n.hash), array_agg(1))
	from unnest(ids, problems, row_keys, claim_broken.sealed, hashes)
		as n (id, problem, row_key, sealed, hash)
	join person_claim c on c.id = n.id join terminal t on t.id = c.terminal_id
	having count(*) > 0;
	delete from person_claim where id = any(ids);
end $$;

-- ------------------------------------------------------------------ telling and asking

create or replace function template_name(t template) returns text language sql immutable as $$
	select template_kind(t.bio_type)
		|| case when t.bio_type in (1, 7) then ' of finger ' || t.bio_no else '' end
$$;

create or replace function photo_name(p photo) returns text language sql immutable as $$
	select case p.form when 'USERPIC' then 'user picture' else 'face photo' end
$$;

-- Why something of these people, whose rows are locked, is on no terminal. Who has not been judged
-- yet will be.
create or replace function content_missing(pins int[]) returns void language sql as $$
	update terminal_person p set bio_reason = template_reason(p.pin_id, b.versions, b.photos,
		b.pictures)
	from terminal_bio b
	where b.terminal_id = p.terminal_id and p.wanted and p.bio_sent = p.bio_version
		and p.pin_id = any(pins)
$$;

-- Where the generation has the words, and nothing that brings it is under way. Of very many: all users.
create or replace function content_ask(a_terminal int, lines text[]) returns void
	language plpgsql as $$
declare
	asked text[];
	open bigint;
begin
	if not exists (select from terminal t where t.id = a_terminal and t.approved
			and t.generation between 2 and 5) then
		return;
	end if;
	perform pg_advisory_xact_lock(7263004, a_terminal); -- as terminal_ask_users()
	select array_agg(distinct line), (select count(*) from terminal_command c
		where c.terminal_id = a_terminal and c.state in ('queued', 'sent'))
	into asked, open
	from unnest(lines) line
	where not exists (select from terminal_command c where c.terminal_id = a_terminal
		and c.state in ('queued', 'sent') and c.content in ('DATA QUERY USERINFO', line));
	if cardinality(asked) + open > 200 then
		asked := array['DATA QUERY USERINFO'];
	end if;
	perform command_add(a_terminal, line, interval '7 days', null)
	from unnest(asked) with ordinality l (line, place) order by place;
end $$;

-- One alert a terminal, that counts all that came from it and is of no use; sn: as the rows have it.
create or replace function content_tell(a_sn text, example text) returns void
	language plpgsql as $$
declare
	n bigint := (select count(*) from template where sn = a_sn and problem is not null)
		+ (select count(*) from photo where sn = a_sn and problem is not null);
	home int := (select id from terminal where sn = a_sn);
	said text := format('%s damaged, and sent to nobody: %s', case n
		when 1 then 'a template or photo that came from here is'
		else n || ' templates and photos that came from here are' end, example);
begin
	if home is null then
		perform alert_server('content_broken', said || '. Enrol again, or give another picture');
	else
		perform alert_raise(home, 'content_broken', '', said || '. Where this terminal can be '
			|| 'asked, it was; else enrol again there');
	end if;
end $$;
