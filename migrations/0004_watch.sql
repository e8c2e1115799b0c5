-- The watch over the fleet: alerts, what is known of each terminal to tell a change, and the
-- comparison of its punches with ours.

create table terminal_watch (
	terminal_id int primary key references terminal on delete cascade,
	state text not null default 'unknown'
		check (state in ('unknown', 'online', 'late', 'offline')),
	changed timestamptz,
	verify_sum boolean, -- answers VERIFY SUM ATTLOG; null: not known
	-- contact was missing, and its punches have not been asked for yet
	gap_from timestamptz,
	gap_to timestamptz,
	gap_asked timestamptz,
	night date -- the last one that punches were compared in
);
create index terminal_watch_gap on terminal_watch (terminal_id) where gap_from is not null;
insert into terminal_watch (terminal_id) select id from terminal;

-- One row is open per terminal, kind and subject; repetitions count until it is acknowledged.
create table alert (
	id bigint generated always as identity primary key,
	kind text not null,
	terminal_id int, -- no reference: it outlives the terminal
	sn text not null,
	subject text not null default '', -- what makes two of one kind different: a PIN
	text text not null,
	first_seen timestamptz not null default now(),
	last_seen timestamptz not null default now(),
	seen_count bigint not null default 1,
	acknowledged timestamptz,
	acknowledged_by int
);
create unique index alert_open on alert (sn, kind, subject) where acknowledged is null;
create index alert_terminal on alert (terminal_id, last_seen);
create index alert_seen on alert (last_seen);

-- What a terminal delivered that is no row of punch or punch_variant, so that its count can be
-- compared with the terminal's. key: 'p' and the PIN's id where a tombstone kept the punch out;
-- 'r' and a keyed hash of the line where it was rejected, yet has a time.
create table punch_aside (
	sn text not null,
	punch_time timestamp not null,
	key text not null,
	primary key (sn, punch_time, key)
);
create index punch_variant_sn_time on punch_variant (sn, punch_time);
create index reject_attlog on reject (sn) where table_name = 'ATTLOG';

-- A comparison of one terminal. Times of windows are the terminal's wall clock.
create table reconciliation (
	id bigint generated always as identity primary key,
	terminal_id int not null references terminal on delete cascade,
	from_time timestamp not null,
	to_time timestamp not null,
	method text not null check (method in ('verify_sum', 'transaction_count')),
	stage int not null default 0, -- transaction_count: how far back was asked for
	ours bigint,
	theirs bigint,
	pulled int not null default 0, -- windows that were asked for
	gained bigint not null default 0, -- punches that this brought
	missing bigint, -- what no pull brought
	outcome text check (outcome in ('equal', 'repaired', 'shortfall', 'known_shortfall',
		'unanswered', 'unsupported')), -- null: under way
	requested_by int,
	started timestamptz not null default now(),
	looked timestamptz not null default now(),
	finished timestamptz
);
create unique index reconciliation_open on reconciliation (terminal_id) where finished is null;
create index reconciliation_terminal on reconciliation (terminal_id, started);
create index reconciliation_started on reconciliation (started);

create table reconciliation_window (
	id bigint generated always as identity primary key,
	reconciliation_id bigint not null references reconciliation on delete cascade,
	kind text not null check (kind in ('sum', 'pull', 'info', 'resend')),
	depth int not null default 0, -- of sums: 0 what was asked first
	from_time timestamp not null,
	to_time timestamp not null,
	command_id bigint,
	ours bigint,
	theirs bigint,
	done boolean not null default false
);
create index reconciliation_window_of on reconciliation_window (reconciliation_id, id);

-- What pulls did not bring: not asked for again unless it grows. day -infinity: the whole count.
create table reconciliation_shortfall (
	terminal_id int not null references terminal on delete cascade,
	day date not null,
	missing bigint not null,
	since timestamptz not null default now(),
	primary key (terminal_id, day)
);

create index terminal_command_created on terminal_command (created);
