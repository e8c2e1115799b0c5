-- Uploads stored as what they are: punch photos, fingerprint images, ID cards, error reports, work
-- codes and messages of terminals; and the log of uploads.

-- Taken at the terminal with a punch, or with an attempt that failed (then without a PIN). The punch
-- is the one with this PIN and time, whenever it comes.
create table punch_photo (
	id bigint generated always as identity primary key,
	terminal_id int,
	sn text not null,
	pin_id int,
	punch_time timestamp,	-- null: the file name has none
	kind text not null,	-- attendance, failed, blacklist, verified, not verified
	size int not null,	-- bytes of the picture
	row_key bytea not null,
	sealed bytea not null,	-- "<file name as sent>\n" and the picture
	content_hash bytea not null,
	first_seen timestamptz not null default now(),
	last_seen timestamptz not null default now(),
	seen_count bigint not null default 1,
	constraint punch_photo_content_key unique (sn, content_hash)
);
create index punch_photo_punch on punch_photo (pin_id, punch_time) where pin_id is not null;
create index punch_photo_time on punch_photo (punch_time);

-- Images that terminals upload when a finger is enrolled.
create table fp_image (
	id bigint generated always as identity primary key,
	terminal_id int,
	sn text not null,
	pin_id int,
	finger int not null,	-- -1: not said
	row_key bytea not null,
	sealed bytea not null,	-- the picture as sent
	content_hash bytea not null,
	first_seen timestamptz not null default now(),
	last_seen timestamptz not null default now(),
	seen_count bigint not null default 1,
	constraint fp_image_content_key unique (sn, content_hash)
);
create index fp_image_pin on fp_image (pin_id) where pin_id is not null;

-- Records of national ID cards.
create table id_card (
	id bigint generated always as identity primary key,
	terminal_id int,
	sn text not null,
	pin_id int,
	row_key bytea not null,
	sealed bytea not null,	-- the line as sent
	content_hash bytea not null,
	first_seen timestamptz not null default now(),
	last_seen timestamptz not null default now(),
	seen_count bigint not null default 1,
	constraint id_card_content_key unique (sn, content_hash)
);
create index id_card_pin on id_card (pin_id) where pin_id is not null;

-- What terminals say about errors of their own, and about commands.
create table error_log (
	id bigint generated always as identity primary key,
	terminal_id int,
	sn text not null,
	error_code text not null,
	message text not null,
	origin text not null,	-- dev, cmd, as sent
	cmd_id bigint,		-- as sent, where origin is cmd
	command_id bigint,	-- the same, if that command was sent to this terminal
	row_key bytea not null,
	sealed bytea not null,	-- the line as sent
	content_hash bytea not null,
	first_seen timestamptz not null default now(),
	last_seen timestamptz not null default now(),
	seen_count bigint not null default 1,
	constraint error_log_content_key unique (sn, content_hash)
);
create index error_log_command on error_log (command_id) where command_id is not null;

-- What a terminal knows: the last line of a key counts.
create table terminal_work_code (
	id bigint generated always as identity primary key,
	terminal_id int not null references terminal on delete cascade,
	code text not null,
	name text not null,
	number text not null, -- the terminal's own
	update_time timestamptz not null default now(),
	constraint terminal_work_code_key unique (terminal_id, code)
);

create table terminal_message (
	id bigint generated always as identity primary key,
	terminal_id int not null references terminal on delete cascade,
	uid text not null,	-- the terminal's own number
	tag int,		-- 253 for all, 254 for persons
	minutes int,
	start_time timestamp,
	row_key bytea not null,
	sealed bytea not null,	-- the text
	update_time timestamptz not null default now(),
	constraint terminal_message_key unique (terminal_id, uid)
);

-- Uploads by terminal, table and hour; kept for two weeks.
create table upload_log (
	id bigint generated always as identity primary key,
	terminal_id int,
	sn text not null,
	table_name text not null,
	hour timestamptz not null,
	uploads bigint not null,
	failed bigint not null,	  -- of them, those that were not acknowledged
	lines bigint not null,
	stored bigint not null,
	duplicate bigint not null, -- known already, repetitions and losers of equal keys
	rejected bigint not null,
	first_upload timestamptz not null,
	last_upload timestamptz not null,
	constraint upload_log_key unique (sn, table_name, hour)
) with (fillfactor = 70);
create index upload_log_hour on upload_log (hour);

create index operation_log_time on operation_log (happened);
create index operation_log_terminal on operation_log (terminal_id, id);
