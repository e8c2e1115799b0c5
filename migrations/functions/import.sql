-- Punches from files.

-- Where such a punch comes from: the terminal of that serial number, one that is not here, or none.
create or replace function import_origin(a_sn text) returns int language plpgsql as $$
declare
	t terminal;
begin
	if a_sn = '' then
		return manual_origin();
	end if;
	select * into t from terminal where sn = a_sn;
	return origin_of(t.id, a_sn, t.alias, t.area_id);
end $$;

-- Stores punches by the rules that hold for those of terminals: one of a PIN and a second, none
-- that was deleted, ids and upload times in order. Arrays of equal length. Returns how many were
-- new, and how many were not.
create or replace function punch_import(codes text[], times timestamp[], states smallint[],
	verifies smallint[], work_codes text[], sns text[], out stored bigint, out known bigint)
	language plpgsql as $$
declare
	n int;
	pins int[];
	all_times timestamp[];
	origins int[];
	offsets smallint[];
	all_states smallint[];
	all_verifies smallint[];
	all_codes text[];
begin
	-- of a key that the file has twice the first one stands
	select count(*), array_agg(x.pin), array_agg(x.punch_time), array_agg(x.origin),
		array_agg(x.tz_offset), array_agg(x.state), array_agg(x.verify), array_agg(x.code)
	into n, pins, all_times, origins, offsets, all_states, all_verifies, all_codes
	from (
		select k.pin, k.punch_time, o.origin, k.state, k.verify, nullif(k.code, '') as code,
			coalesce(o.fixed_offset, extract(epoch from k.punch_time at time zone 'UTC'
				- k.punch_time at time zone o.zone) / 60)::smallint as tz_offset
		from (select distinct on (u.pin, u.punch_time) u.*
			from unnest(pin_ids(codes), times, states, verifies, work_codes, sns)
				with ordinality u (pin, punch_time, state, verify, code, sn, nr)
			order by u.pin, u.punch_time, u.nr) k
		join (select s.sn, import_origin(s.sn) as origin, t.fixed_offset,
				coalesce(t.zone, current_setting('TimeZone')) as zone
			from (select distinct unnest(sns) as sn) s left join terminal t on t.sn = s.sn) o
			on o.sn = k.sn
		order by k.punch_time, k.nr) x;
	stored := (punch_store_lines(pins, all_times, origins, offsets, all_states, all_verifies,
		array_fill(null::smallint, array[n]), array_fill(null::real, array[n]), all_codes,
		array_fill(null::bytea, array[n])))[1];
	known := cardinality(codes) - stored;
	perform audit_note('import', 'punch', null,
		jsonb_build_object('stored', stored, 'known', known));
end $$;

-- What punch_import would answer; nothing is written.
create or replace function punch_import_try(codes text[], times timestamp[], out stored bigint,
	out known bigint) language sql stable as $$
	select count(*) filter (where p.id is null and d.pin_id is null),
		cardinality(codes) - count(*) filter (where p.id is null and d.pin_id is null)
	from (select distinct u.code, u.punch_time from unnest(codes, times) u (code, punch_time)) k
	left join pin n on n.code = k.code
	left join punch p on p.pin_id = n.id and p.punch_time = k.punch_time
	left join punch_tombstone d on d.pin_id = n.id and d.punch_time = k.punch_time
$$;
