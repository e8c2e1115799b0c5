-- What terminals upload beside punches: each kept once per content and terminal, with first seen,
-- last seen and a counter. Arrays of equal length, no content twice.

create or replace function reject_keep(sns text[], terminals int[], tables text[], reasons text[],
	row_keys bytea[], sealed bytea[], hashes bytea[], counts int[]) returns void language sql as $$
	insert into reject as r (sn, terminal_id, table_name, reason, row_key, sealed, content_hash,
		seen_count)
	select * from unnest(sns, terminals, tables, reasons, row_keys, sealed, hashes, counts)
		as n (sn, terminal, table_name, reason, row_key, sealed, hash, seen)
	order by hash
	on conflict (sn, content_hash) do update
		set last_seen = now(), seen_count = r.seen_count + excluded.seen_count
$$;

create or replace function oplog_keep(sns text[], terminals int[], codes int[], operators text[],
	times timestamp[], objects text[], raws bytea[], hashes bytea[], counts int[])
	returns void language sql as $$
	with kept as (
		insert into operation_log as l (sn, terminal_id, code, operator, happened, objects, raw,
			content_hash, seen_count)
		select n.sn, n.terminal, n.code, n.operator, n.happened,
			string_to_array(n.objects, chr(9)), n.raw, n.hash, n.seen
		from unnest(sns, terminals, codes, operators, times, objects, raws, hashes, counts)
			with ordinality as n (sn, terminal, code, operator, happened, objects, raw, hash, seen,
				ord)
		order by ord
		on conflict (sn, content_hash) do update
			set last_seen = now(), seen_count = l.seen_count + excluded.seen_count
		returning l.first_seen = now() as fresh
	)
	select upload_fresh(count(*) filter (where fresh)) from kept
$$;

create or replace function raw_keep(sns text[], terminals int[], tables text[], pins text[],
	lines int[], row_keys bytea[], sealed bytea[], hashes bytea[], counts int[])
	returns void language sql as $$
	insert into raw_upload as r (sn, terminal_id, table_name, pin_id, lines, row_key, sealed,
		content_hash, seen_count)
	select n.sn, n.terminal, n.table_name,
		case when n.pin is not null then (pin_ids(array[n.pin]))[1] end, n.lines, n.row_key,
		n.sealed, n.hash, n.seen
	from unnest(sns, terminals, tables, pins, lines, row_keys, sealed, hashes, counts)
		as n (sn, terminal, table_name, pin, lines, row_key, sealed, hash, seen)
	order by n.hash
	on conflict (sn, content_hash) do update
		set last_seen = now(), seen_count = r.seen_count + excluded.seen_count
$$;

-- ------------------------------------------------------------------ text that was not decoded

-- Bytes that are not ASCII, a condition for rows whose text may be missing.
create or replace function bytes_foreign(b bytea) returns boolean language sql immutable as $$
	select position('\' in encode(b, 'escape')) > 0
$$;

-- Punches of a terminal without their work code, the whole line in rest. By its origins, not by id:
-- they are few, and not among the newest.
create or replace function punch_undecoded(a_sn text, after_id bigint, most int)
	returns table (id bigint, line bytea) language sql stable as $$
	with mine as materialized (
		select p.id, p.rest from punch p
		where p.origin_id = any(array(select o.id from punch_origin o where o.sn = a_sn))
			and p.work_code is null and p.rest is not null and bytes_foreign(p.rest)
	)
	select mine.id, mine.rest from mine where mine.id > after_id order by mine.id limit most
$$;

create or replace function punch_decoded(ids bigint[], codes text[], nothing text[], rests bytea[])
	returns void language sql as $$
	update punch p set work_code = n.code, rest = n.rest
	from unnest(ids, codes, rests) as n (id, code, rest)
	where p.id = n.id and p.work_code is null
$$;

-- Lines of a terminal's operation log with an operator or an object that was not decoded.
create or replace function oplog_undecoded(a_sn text, after_id bigint, most int)
	returns table (id bigint, line bytea) language sql stable as $$
	select l.id, l.raw from operation_log l
	where l.sn = a_sn and l.id > after_id and bytes_foreign(l.raw)
		and (l.operator is null or '' = any(l.objects))
	order by l.id limit most
$$;

create or replace function oplog_decoded(ids bigint[], operators text[], lists text[],
	nothing bytea[]) returns void language sql as $$
	update operation_log l set operator = coalesce(n.operator, l.operator),
		objects = string_to_array(n.objects, chr(9))
	from unnest(ids, operators, lists) as n (id, operator, objects)
	where l.id = n.id
$$;
