-- Which templates and photos fit which terminal, by what the terminal says of itself, and why others
-- do not (see templates.sql).

-- 39.3 is 39; null when it is no number.
create or replace function version_major(said text) returns int language sql immutable as $$
	select (substring(said from '^\s*([0-9]{1,6})(\.|\s*$)'))::int
$$;

-- The version of a kind of template that a terminal takes: null not known, 0 none, -1 some version.
-- In this order: INFO's flags and options that switch it off, the list by type, the kind's own
-- numbers, and what the terminal itself has uploaded.
create or replace function terminal_ability(a_terminal int, bio_type int) returns int
	language sql stable as $$
	select case
		when bio_type = 1 and (o->>'FingerFunOn' = '0' or substr(functions, 1, 1) = '0') then 0
		when bio_type = 2 and (no_face or substr(functions, 2, 1) = '0') then 0
		when bio_type = 7 and o->>'FvFunOn' = '0' then 0
		when bio_type in (6, 8, 10) and o->>'PvFunOn' = '0' then 0
		when version_major(listed[bio_type + 1]) > 0 then version_major(listed[bio_type + 1])
		when bio_type = 1 and fp_version > 0 then fp_version
		when bio_type = 2 and face_version > 0 then
			case when face_version < 30 then face_version else 0 end
		when bio_type = 9 and face_version > 0 then
			case when face_version < 30 then 0 else face_version end
		when bio_type = 9 and no_face then 0
		when bio_type = 7 and version_major(o->>'FvVersion') > 0
			then version_major(o->>'FvVersion')
		when bio_type = 8 and version_major(o->>'PvVersion') > 0
			then version_major(o->>'PvVersion')
		when own is not null then case when own > 0 then own else -1 end
		when listed is not null then 0
		when bio_type = 7 and o->>'FvFunOn' = '1' then -1
	end
	from (select t.options as o, s.functions, s.no_face, s.fp_version, s.face_version,
			string_to_array(t.options->>'MultiBioVersion', ':') as listed,
			(select x.major_ver from terminal_own x where x.sn = t.sn
				and x.bio_type = terminal_ability.bio_type) as own
		from terminal t left join terminal_state s on s.terminal_id = t.id
		where t.id = a_terminal) said
$$;

-- All of it, as of now. photos: comparison photos; pictures: user pictures; null not known.
create or replace function terminal_abilities(a_terminal int)
	returns table (versions int[], photos boolean, pictures boolean) language sql stable as $$
	select v.versions,
		case
		when split_part(o->>'MultiBioPhotoSupport', ':', 10) in ('0', '1')
			then split_part(o->>'MultiBioPhotoSupport', ':', 10) = '1'
		when o->>'BioPhotoFun' in ('0', '1') then o->>'BioPhotoFun' = '1'
		when substr(functions, 4, 1) in ('0', '1') then substr(functions, 4, 1) = '1'
		when generation < 4 or v.versions[10] = 0 then false
		when v.versions[10] <> 0 then true
		end,
		case
		when generation = 1 then false
		when substr(functions, 3, 1) in ('0', '1') then substr(functions, 3, 1) = '1'
		when o->>'PhotoFunOn' in ('0', '1') then o->>'PhotoFunOn' = '1'
		end
	from (select t.options as o, t.generation, s.functions from terminal t
			left join terminal_state s on s.terminal_id = t.id where t.id = a_terminal) said,
		(select array_agg(terminal_ability(a_terminal, n) order by n) as versions
			from generate_series(0, 10) n) v
$$;

-- What the terminal says of itself has changed: judged again with the next heartbeat.
create or replace function terminal_abilities_said() returns trigger language plpgsql as $$
declare
	whose int := case when tg_table_name = 'terminal' then (to_jsonb(new)->>'id')::int
		else (to_jsonb(new)->>'terminal_id')::int end;
begin
	update terminal_bio set stale = true where terminal_id = whose and not stale;
	if found then
		perform terminal_wake(array[whose]);
	end if;
	return null;
end $$;

create or replace trigger terminal_abilities_said
	after update of functions, no_face, fp_version, face_version on terminal_state for each row
	when ((old.functions, old.no_face, old.fp_version, old.face_version)
		is distinct from (new.functions, new.no_face, new.fp_version, new.face_version))
	execute function terminal_abilities_said();
create or replace trigger terminal_abilities_said after update of options, generation on terminal
	for each row when ((old.options, old.generation)
		is distinct from (new.options, new.generation))
	execute function terminal_abilities_said();

create or replace function terminal_bio_begin() returns trigger language plpgsql as $$
begin
	insert into terminal_bio (terminal_id) values (new.id);
	return null;
end $$;

create or replace trigger terminal_bio_begin after insert on terminal
	for each row execute function terminal_bio_begin();

-- Functions and a missing camera, as INFO says them; with terminal_seen.
create or replace function terminal_functions(ids int[], digits text[], faceless boolean[])
	returns void language sql as $$
	update terminal_state s set functions = coalesce(n.digits, s.functions),
		no_face = coalesce(n.faceless, s.no_face)
	from unnest(ids, terminal_functions.digits, terminal_functions.faceless)
		as n (id, digits, faceless)
	where s.terminal_id = n.id and (n.digits <> s.functions or s.functions is null
		and n.digits is not null or n.faceless <> s.no_face)
$$;

-- The abilities by which people's templates are judged. When they are others than before, who
-- lacked something is judged again; after a change of version everybody is.
create or replace function terminal_judged(a_terminal int)
	returns terminal_bio language plpgsql as $$
declare
	was terminal_bio%rowtype;
	new_one terminal_bio%rowtype;
	another boolean;
begin
	select * into was from terminal_bio where terminal_id = a_terminal;
	if not was.stale then
		return was;
	end if;
	-- what is said from here on makes it stale again
	perform from terminal_bio where terminal_id = a_terminal for update;
	select a_terminal, versions, photos, pictures, false into new_one
	from terminal_abilities(a_terminal);
	another := exists (select from unnest(was.versions, new_one.versions) as v (old, new)
		where old > 0 and new is distinct from old);
	if (was.versions, was.photos, was.pictures)
		is distinct from (new_one.versions, new_one.photos, new_one.pictures) then
		perform from terminal_person where terminal_id = a_terminal and bio_version > 0
		order by pin_id for update;
		update terminal_person set bio_sent = 0 where terminal_id = a_terminal
			and bio_version > 0 and (another or bio_reason is not null);
		delete from terminal_template where terminal_id = a_terminal and due is null;
	end if;
	update terminal_bio set versions = new_one.versions, photos = new_one.photos,
		pictures = new_one.pictures, stale = false
	where terminal_id = a_terminal;
	return new_one;
end $$;

-- The command that carries a template of this type and version to a terminal of this generation.
create or replace function template_form(generation int, bio_type int, major int) returns text
	language sql immutable as $$
	select case
		when generation not between 1 and 5 then null
		when bio_type = 1 and major < 12 then
			case when generation = 1 then 'FP' else 'FINGERTMP' end
		when bio_type = 2 and generation > 1 then 'FACE'
		when bio_type = 7 and generation in (2, 3) then 'FVEIN'
		when bio_type <> 2 and generation >= 3 then 'BIODATA'
	end
$$;

-- major 0: the version is not known; able: as terminal_ability says. Terminals of which nobody
-- knows the version exchange what they have among themselves.
create or replace function template_fits(bio_type int, major int, able int) returns boolean
	language sql immutable as $$
	select case
		when able > 0 then major = able or (major = 0 and bio_type = 7)
		when able = -1 then major = 0 or bio_type = 7
		when able is null then major = 0 and bio_type in (1, 2)
		else false
	end
$$;

-- Types that stand for each other: a person needs one that fits of each.
create or replace function template_kind(bio_type int) returns text
	language sql immutable as $$
	select case when bio_type = 1 then 'fingerprint template' when bio_type in (2, 9) then
		'face template' when bio_type = 7 then 'finger vein template'
		when bio_type in (6, 8, 10) then 'palm template'
		else 'template of type ' || bio_type::text end
$$;

-- The templates of PINs that may be sent, with the version they are really of: one that came
-- before its terminal had said its version is of the version that terminal has.
create or replace function template_known(pins int[])
	returns table (pin_id int, id bigint, version bigint, bio_type int, major int, size text,
		bytes int)
	language sql stable as $$
	select t.pin_id, t.id, t.version, t.bio_type, coalesce(nullif(t.major_ver, 0),
			case t.bio_type when 1 then s.fp_version when 2 then s.face_version end, 0),
		t.size, octet_length(t.sealed) - 33 -- what sealing adds
	from template t left join terminal d on d.sn = t.sn and t.major_ver = 0
	left join terminal_state s on s.terminal_id = d.id
	where t.pin_id = any(pins) and t.valid <> 0 and t.bio_type between 0 and 10
		and t.problem is null
$$;

-- Why something of these PINs is not on a terminal that can do so much; no row where nothing is
-- missing. What a terminal has no sensor for is not missing.
create or replace function template_reasons(pins int[], versions int[], photos boolean,
	pictures boolean) returns table (pin_id int, reason text) language plpgsql stable
	set plan_cache_mode = force_generic_plan as $$ -- planning it takes longer than doing it
#variable_conflict use_column
begin
	return query with kinds as (
		select k.pin_id, template_kind(k.bio_type) as kind, max(k.major) as major,
			bool_or(template_fits(k.bio_type, k.major, versions[k.bio_type + 1])) as fits
		from template_known(pins) k group by 1, 2
	), able as (
		select template_kind(n) as kind, max(versions[n + 1]) as version,
			bool_or(versions[n + 1] is null or versions[n + 1] <> 0) as possible
		from generate_series(0, 10) n group by 1
	), faces as (
		select distinct f.pin_id from photo f
		where f.pin_id = any(pins) and f.form = 'BIOPHOTO' and f.bio_type in (0, 9)
			and f.problem is null
	)
	select r.pin_id, string_agg(r.reason, '. ' order by r.reason) from (
		select k.pin_id, k.kind || case when k.major > 0 then ' of version ' || k.major
				else ' of unknown version' end || '; this terminal '
			|| case when a.version > 0 then 'has ' || a.version
				when a.version = -1 then 'has another version'
				else 'has not said which version it has' end
			|| case when k.kind <> 'face template' then ''
				when f.pin_id is null then ', and there is no photo'
				else ', and takes no photos' end
			as reason
		from kinds k join able a on a.kind = k.kind left join faces f on f.pin_id = k.pin_id
		where not k.fits and a.possible
			and not (k.kind = 'face template' and f.pin_id is not null and photos is true)
		union all
		select f.pin_id, 'face photo; this terminal takes none' from faces f, able a
		where photos is not true and a.kind = 'face template' and a.possible
			and not exists (select from kinds k where k.pin_id = f.pin_id and k.kind = a.kind)
		union all
		select distinct f.pin_id, 'user picture; this terminal has not said whether it takes any'
		from photo f where pictures is null and f.pin_id = any(pins) and f.form = 'USERPIC'
			and f.problem is null
		union all
		select t.pin_id, template_name(t) || '; what is stored is damaged: ' || t.problem
		from template t join able a on a.kind = template_kind(t.bio_type)
		where t.pin_id = any(pins) and t.problem is not null and a.possible
		union all
		select f.pin_id, photo_name(f) || '; what is stored is damaged: ' || f.problem
		from photo f where f.pin_id = any(pins) and f.problem is not null
			and case f.form when 'USERPIC' then pictures else photos end is not false
	) r group by r.pin_id;
end $$;

-- That of one PIN; null when nothing is missing.
create or replace function template_reason(a_pin int, versions int[], photos boolean,
	pictures boolean) returns text language sql stable as $$
	select reason from template_reasons(array[a_pin], versions, photos, pictures)
$$;
