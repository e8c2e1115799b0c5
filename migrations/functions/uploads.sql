-- Uploads beside punches that have a place of their own, the log of uploads, and what terminals ask
-- about people.

-- ------------------------------------------------------------------ how many were new

-- Adds to the number of contents that this transaction stored for the first time.
create or replace function upload_fresh(n bigint) returns void language sql as $$
	select set_config('punchd.fresh', (upload_fresh_count() + n)::text, true)
$$;

create or replace function upload_fresh_count() returns bigint language sql as $$
	select coalesce(nullif(current_setting('punchd.fresh', true), ''), '0')::bigint
$$;

-- ------------------------------------------------------------------ once per content and terminal

create or replace function pin_id_or_null(pin text) returns int language sql as $$
	select case when pin is not null then (pin_ids(array[pin]))[1] end
$$;

create or replace function punch_photo_keep(sns text[], terminals int[], pins text[],
	times timestamp[], kinds text[], sizes int[], row_keys bytea[], sealed bytea[],
	hashes bytea[], counts int[]) returns void language sql as $$
	with kept as (
		insert into punch_photo as p (sn, terminal_id, pin_id, punch_time, kind, size, row_key,
			sealed, content_hash, seen_count)
		select n.sn, n.terminal, pin_id_or_null(n.pin), n.time, n.kind, n.size, n.row_key, n.sealed,
			n.hash, n.seen
		from unnest(sns, terminals, pins, times, kinds, sizes, row_keys, sealed, hashes, counts)
			as n (sn, terminal, pin, time, kind, size, row_key, sealed, hash, seen)
		order by n.hash
		on conflict (sn, content_hash) do update
			set last_seen = now(), seen_count = p.seen_count + excluded.seen_count
		returning p.first_seen = now() as fresh
	)
	select upload_fresh(count(*) filter (where fresh)) from kept
$$;

create or replace function fp_image_keep(sns text[], terminals int[], pins text[], fingers int[],
	row_keys bytea[], sealed bytea[], hashes bytea[], counts int[]) returns void
	language sql as $$
	with kept as (
		insert into fp_image as p (sn, terminal_id, pin_id, finger, row_key, sealed, content_hash,
			seen_count)
		select n.sn, n.terminal, pin_id_or_null(n.pin), n.finger, n.row_key, n.sealed, n.hash, n.seen
		from unnest(sns, terminals, pins, fingers, row_keys, sealed, hashes, counts)
			as n (sn, terminal, pin, finger, row_key, sealed, hash, seen)
		order by n.hash
		on conflict (sn, content_hash) do update
			set last_seen = now(), seen_count = p.seen_count + excluded.seen_count
		returning p.first_seen = now() as fresh
	)
	select upload_fresh(count(*) filter (where fresh)) from kept
$$;

create or replace function id_card_keep(sns text[], terminals int[], pins text[], row_keys bytea[],
	sealed bytea[], hashes bytea[], counts int[]) returns void language sql as $$
	with kept as (
		insert into id_card as c (sn, terminal_id, pin_id, row_key, sealed, content_hash, seen_count)
		select n.sn, n.terminal, pin_id_or_null(n.pin), n.row_key, n.sealed, n.hash, n.seen
		from unnest(sns, terminals, pins, row_keys, sealed, hashes, counts)
			as n (sn, terminal, pin, row_key, sealed, hash, seen)
		order by n.hash
		on conflict (sn, content_hash) do update
			set last_seen = now(), seen_count = c.seen_count + excluded.seen_count
		returning c.first_seen = now() as fresh
	)
	select upload_fresh(count(*) filter (where fresh)) from kept
$$;

-- Whether a command with this id went to this terminal.
create or replace function command_was_sent(a_terminal int, a_command bigint) returns boolean
	language sql stable as $$
	select exists (select from terminal_command c where c.id = a_command
			and c.terminal_id = a_terminal and c.sent is not null)
		or exists (select from terminal_person p where p.sent_id = a_command
			and p.terminal_id = a_terminal)
		or exists (select from terminal_template q where q.sent_id = a_command
			and q.terminal_id = a_terminal)
$$;

create or replace function error_log_keep(sns text[], terminals int[], codes text[],
	messages text[], origins text[], commands text[], row_keys bytea[], sealed bytea[],
	hashes bytea[], counts int[]) returns void language sql as $$
	with kept as (
		insert into error_log as e (sn, terminal_id, error_code, message, origin, cmd_id, command_id,
			row_key, sealed, content_hash, seen_count)
		select n.sn, n.terminal, n.code, n.message, n.origin, n.command::bigint,
			case when command_was_sent(n.terminal, n.command::bigint) then n.command::bigint end,
			n.row_key, n.sealed, n.hash, n.seen
		from unnest(sns, terminals, codes, messages, origins, commands, row_keys, sealed, hashes,
			counts) as n (sn, terminal, code, message, origin, command, row_key, sealed, hash, seen)
		order by n.hash
		on conflict (sn, content_hash) do update
			set last_seen = now(), seen_count = e.seen_count + excluded.seen_count
		returning e.first_seen = now() as fresh
	)
	select upload_fresh(count(*) filter (where fresh)) from kept;
	-- a photo that the terminal had taken (templates.sql)
	update terminal_template q set reason = template_error(q.sent_id, q.terminal_id)
	from (select distinct terminal, command::bigint as command
		from unnest(terminals, commands, codes) as c (terminal, command, code)
		where command is not null and code <> '00000000') n
	where q.sent_id = n.command and q.terminal_id = n.terminal and template_delivered(q)
$$;

-- ------------------------------------------------------------------ what terminals know

create or replace function work_code_keep(terminals int[], codes text[], names text[],
	numbers text[]) returns void language sql as $$
	insert into terminal_work_code as w (terminal_id, code, name, number)
	select distinct on (t.id, n.code) t.id, n.code, n.name, n.number
	from unnest(terminals, codes, names, numbers) with ordinality
		as n (terminal, code, name, number, ord)
	join terminal t on t.id = n.terminal
	order by t.id, n.code, n.ord desc
	on conflict (terminal_id, code) do update set name = excluded.name, number = excluded.number,
		update_time = now()
$$;

create or replace function message_keep(terminals int[], uids text[], tags int[], minutes int[],
	starts timestamp[], row_keys bytea[], sealed bytea[]) returns void language sql as $$
	insert into terminal_message as m (terminal_id, uid, tag, minutes, start_time, row_key, sealed)
	select distinct on (t.id, n.uid) t.id, n.uid, nullif(n.tag, -1), nullif(n.minutes, -1),
		n.start, n.row_key, n.sealed
	from unnest(terminals, uids, tags, minutes, starts, row_keys, sealed) with ordinality
		as n (terminal, uid, tag, minutes, start, row_key, sealed, ord)
	join terminal t on t.id = n.terminal
	order by t.id, n.uid, n.ord desc
	on conflict (terminal_id, uid) do update set tag = excluded.tag, minutes = excluded.minutes,
		start_time = excluded.start_time, row_key = excluded.row_key, sealed = excluded.sealed,
		update_time = now()
$$;

-- ------------------------------------------------------------------ the log of uploads

-- Adds what a process counted. Several processes write the same rows: in order.
create or replace function upload_log_add(terminals int[], sns text[], tables text[],
	uploads bigint[], failed bigint[], lines bigint[], stored bigint[], rejected bigint[],
	raws bigint[], firsts timestamp[], lasts timestamp[]) returns void language sql as $$
	insert into upload_log as u (terminal_id, sn, table_name, hour, uploads, failed, lines, stored,
		duplicate, rejected, raw, first_upload, last_upload)
	select n.terminal, n.sn, n.table_name, date_trunc('hour', n.last at time zone 'UTC'), n.uploads,
		n.failed, n.lines, n.stored, n.lines - n.stored - n.rejected - n.raw, n.rejected, n.raw,
		n.first at time zone 'UTC', n.last at time zone 'UTC'
	from unnest(terminals, sns, tables, uploads, failed, lines, stored, rejected, raws, firsts,
			lasts)
		as n (terminal, sn, table_name, uploads, failed, lines, stored, rejected, raw, first, last)
	order by n.sn, n.table_name
	on conflict (sn, table_name, hour) do update set terminal_id = excluded.terminal_id,
		uploads = u.uploads + excluded.uploads, failed = u.failed + excluded.failed,
		lines = u.lines + excluded.lines, stored = u.stored + excluded.stored,
		duplicate = u.duplicate + excluded.duplicate,
		rejected = u.rejected + excluded.rejected, raw = u.raw + excluded.raw,
		first_upload = least(u.first_upload, excluded.first_upload),
		last_upload = greatest(u.last_upload, excluded.last_upload)
$$;

-- Now and then: what is older than two weeks, a piece at a time.
create or replace function upload_log_prune() returns void language sql as $$
	delete from upload_log where id in (select id from upload_log
		where hour < now() - interval '14 days' order by hour limit 20000
		for update skip locked)
$$;

-- ------------------------------------------------------------------ in words

-- The codes of ERRORLOG (adms-push 2.8).
create or replace function error_meaning(code text) returns text language sql immutable as $$
	select words from (values
		('00000000', 'done'),
		('D01E0001', 'no face found'),
		('D01E0002', 'face occluded'),
		('D01E0003', 'face blurred'),
		('D01E0004', 'bad angle of the face'),
		('D01E0005', 'liveness check failed'),
		('D01E0006', 'template extraction failed')) m (known, words)
	where known = upper(code)
$$;

-- Why a command failed, or did nothing, as its terminal reported afterwards.
create or replace function command_reason(a_command bigint, a_terminal int) returns text
	language sql stable as $$
	select coalesce(error_meaning(e.error_code), nullif(e.message, ''), e.error_code)
	from error_log e where e.command_id = a_command and e.terminal_id = a_terminal
	order by e.id desc limit 1
$$;

-- Operations on a user: their first object is a PIN.
create or replace function oplog_on_user(code int) returns boolean language sql immutable as $$
	select code in (6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 26, 30, 31, 32, 36, 65, 66,
		68, 69, 70, 71, 100, 101, 102, 103, 104, 106, 107, 113, 114, 121, 122, 123, 124, 125, 126)
$$;

-- The codes of OPLOG (adms-push 2.2), alarms with their reason.
create or replace function oplog_meaning(code int, objects text[]) returns text
	language sql immutable as $$
	select case when code = 3 and alarm.words is not null then 'Alarm: ' || alarm.words
		else coalesce(known.words, 'Operation ' || code) end
	from (select 1) one
	left join (values (0, 'Power on'), (1, 'Power off'), (2, 'Verification failed'), (3, 'Alarm'),
		(4, 'Enter menu'), (5, 'Change setting'), (6, 'Enrol fingerprint'), (7, 'Enrol password'),
		(8, 'Enrol HID card'), (9, 'Delete user'), (10, 'Delete fingerprint'),
		(11, 'Delete password'), (12, 'Delete RF card'), (13, 'Clear data'),
		(14, 'Create MF card'), (15, 'Enrol MF card'), (16, 'Register MF card'),
		(17, 'Delete MF registration'), (18, 'Clear MF card content'),
		(19, 'Move template to card'), (20, 'Copy card to terminal'), (21, 'Set time'),
		(22, 'Factory reset'), (23, 'Delete records'), (24, 'Clear administrators'),
		(25, 'Group access setting'), (26, 'User access setting'), (27, 'Time zone setting'),
		(28, 'Unlock combination'), (29, 'Unlock'), (30, 'Enrol new user'),
		(31, 'Fingerprint attribute'), (32, 'Duress alarm'), (33, 'Doorbell'),
		(34, 'Anti-passback'), (35, 'Delete attendance photos'), (36, 'Change other user info'),
		(37, 'Holiday'), (38, 'Restore data'), (39, 'Back up data'), (40, 'USB upload'),
		(41, 'USB download'), (42, 'USB log encryption'), (43, 'Delete records after USB download'),
		(53, 'Exit button'), (54, 'Door sensor'), (55, 'Alarm signal'), (56, 'Restore parameters'),
		(65, 'Register face'), (66, 'Change face'), (68, 'Register photo'), (69, 'Change photo'),
		(70, 'Change name'), (71, 'Change privilege'), (76, 'IP address'), (77, 'Subnet mask'),
		(78, 'Gateway'), (79, 'DNS'), (80, 'Connection password'), (81, 'Device ID'),
		(82, 'Cloud server address'), (83, 'Cloud server port'), (87, 'Access record setting'),
		(88, 'Face parameters'), (89, 'Fingerprint parameters'), (90, 'Finger vein parameters'),
		(91, 'Palm parameters'), (92, 'USB upgrade'), (100, 'Change RF card'),
		(101, 'Enrol face'), (102, 'Change permissions'), (103, 'Delete permissions'),
		(104, 'Add permissions'), (105, 'Delete access records'), (106, 'Delete face'),
		(107, 'Delete user photo'), (108, 'Change parameter'), (109, 'Wi-Fi SSID'),
		(110, 'Proxy enable'), (111, 'Proxy address'), (112, 'Proxy port'),
		(113, 'User password changed'), (114, 'Face info changed'), (115, 'Operator password'),
		(116, 'Restore access settings'), (117, 'Operator password wrong'),
		(118, 'Operator password locked'), (120, 'Legic card data length'),
		(121, 'Enrol finger vein'), (122, 'Change finger vein'), (123, 'Delete finger vein'),
		(124, 'Enrol palm'), (125, 'Change palm'), (126, 'Delete palm')) known (n, words)
		on known.n = code
	left join (values ('50', 'door closed'), ('51', 'door opened'), ('53', 'exit button'),
		('54', 'door forced'), ('55', 'terminal tampered'),
		('58', 'attempts to verify that failed'), ('65535', 'alarm cancelled')) alarm (n, words)
		on code = 3 and alarm.n = objects[1]
$$;

-- ------------------------------------------------------------------ people

-- After operations at the terminal that changed people whose records did not come with them: asks for
-- those records, where the line is new and nothing that brings them is under way already. Where
-- they are many (an old log is uploaded), for all at once.
create or replace function terminal_ask_users(a_terminal int, pins text[], hashes bytea[],
	expires interval) returns void language plpgsql as $$
declare
	lines text[];
	open bigint;
begin
	perform pg_advisory_xact_lock(7263004, a_terminal); -- else two uploads ask for the same
	select array_agg(distinct 'DATA QUERY USERINFO PIN=' || n.pin) into lines
	from unnest(pins, hashes) as n (pin, hash)
	cross join terminal t
	join operation_log l on l.sn = t.sn and l.content_hash = n.hash
	where t.id = a_terminal and t.approved and t.generation between 2 and 5
		and l.first_seen = now();
	select array_agg(line), (select count(*) from terminal_command c
		where c.terminal_id = a_terminal and c.state in ('queued', 'sent'))
	into lines, open
	from unnest(lines) line
	where not exists (select from terminal_command c where c.terminal_id = a_terminal
		and c.state in ('queued', 'sent') and c.content in ('DATA QUERY USERINFO', line));
	if cardinality(lines) + open > 200 then
		lines := array['DATA QUERY USERINFO'];
	end if;
	perform command_add(a_terminal, line, expires, null)
	from unnest(lines) with ordinality l (line, place) order by place;
end $$;

-- Questions for these people that have not left yet move behind what was queued since: their answers
-- would bring back what is being deleted.
create or replace function questions_last(employees int[]) returns void language sql as $$
	with gone as (
		update terminal_command c set state = 'cancelled', finished = now(),
			returned = 'asked again'
		where c.state = 'queued' and c.content in (
			select 'DATA QUERY USERINFO PIN=' || emp_code from employee where id = any(employees))
		returning c.terminal_id, c.content, c.resend, c.expires, c.created_by
	)
	insert into terminal_command (terminal_id, content, resend, expires, created_by)
	select terminal_id, content, resend, expires, created_by from gone
$$;

-- The people a terminal may be told of when it asks: it is approved, they are of its area and have
-- not resigned.
create or replace function remote_people(a_terminal int)
	returns table (employee int, privilege int) language sql stable as $$
	select e.id, case when e.dev_privilege <> 0 then e.dev_privilege
		else coalesce(p.reported_pri, 0) end
	from terminal t
	join employee_area a on a.area_id = t.area_id
	join employee e on e.id = a.employee_id
	left join terminal_person p on p.terminal_id = t.id and p.pin_id = e.pin_id
	where t.id = a_terminal and t.approved and not t.people_held
		and not exists (select from resign r where r.employee_id = e.id)
$$;

-- Remote attendance: one of them by PIN, as command_take gives people.
drop function if exists remote_person(int, text);
create or replace function remote_person(a_terminal int, a_pin text)
	returns table (id bigint, content text, emp_code text, wanted boolean, first_name text,
		last_name text, privilege int, verify_mode int, card boolean, row_key bytea, sealed bytea)
	language sql stable as $$
	select 0::bigint, null::text, e.emp_code, true, e.first_name, e.last_name, r.privilege,
		e.verify_mode, e.card_hash is null or card_counts(e.id, e.card_hash), e.row_key, e.sealed
	from employee e join remote_people(a_terminal) r on r.employee = e.id
	where e.emp_code = a_pin
$$;

-- Fingerprints that fit a terminal's version.
create or replace function remote_fingers(a_pin text, a_version int)
	returns table (bio_no int, bio_index int, major_ver int, minor_ver int, bio_format int,
		valid int, duress int, size text, row_key bytea, sealed bytea)
	language sql stable as $$
	select t.bio_no, t.bio_index, k.major, t.minor_ver, t.bio_format, t.valid, t.duress, t.size,
		t.row_key, t.sealed
	from pin p cross join lateral template_known(array[p.id]) k join template t on t.id = k.id
	where p.code = a_pin and t.bio_type = 1 and k.major = a_version
	order by t.bio_no, t.bio_index
$$;

-- Background verification: whose card it is. Several readings of one number; the first that anybody
-- has counts. Two rows: the card is not one person's.
create or replace function remote_card(a_terminal int, hashes bytea[])
	returns table (emp_code text, first_name text, last_name text, privilege int)
	language sql stable as $$
	with hits as (
		select e.emp_code, e.first_name, e.last_name, r.privilege,
			array_position(hashes, e.card_hash) as place
		from employee e join remote_people(a_terminal) r on r.employee = e.id
		where e.card_hash = any(hashes) and card_counts(e.id, e.card_hash)
	)
	select emp_code, first_name, last_name, privilege from hits
	where place = (select min(place) from hits) limit 2
$$;
