-- The audit trail, the keys of people that its personal values lie under, and erased people.
-- What writes and reads them: functions/audit.sql, functions/erase.sql.

-- A random key per person, sealed like everything else. Destroyed when the person is erased.
create table person_key (
	id bigint generated always as identity primary key,
	pin_id int not null constraint person_key_pin_key unique references pin,
	row_key bytea not null,
	sealed bytea not null,
	created timestamptz not null default now()
);

-- One chain per process and start. seq and hash: of its newest row.
create table audit_chain (
	id int generated always as identity primary key,
	process text not null, -- host and process number
	key bytea not null default decode(replace(gen_random_uuid()::text, '-', ''), 'hex'),
	started timestamptz not null default now(),
	seq bigint not null default 0,
	hash bytea not null
);

-- Written in the transaction of the change, by a trigger; moved into the chain a moment later.
create table audit_pending (
	id bigint generated always as identity primary key,
	chain_id int, -- of the process that changed; null: anybody's
	happened timestamptz not null default clock_timestamp(),
	actor jsonb not null, -- kind, id, name, token, address, request
	action text not null,
	resource text not null,
	object_id bigint,
	pin_id int, -- whom before, after and the sealed records are about
	before jsonb,
	after jsonb,
	old_row_key bytea,
	old_sealed bytea, -- of resource
	new_row_key bytea,
	new_sealed bytea,
	erased boolean not null default false
);
create index audit_pending_pin on audit_pending (pin_id) where pin_id is not null;

-- hash = SHA-256(hash before | seq | happened | content_hash), see functions/audit.sql. After the
-- time it is kept for, a row loses all but what the chain needs.
create table audit_log (
	id bigint generated always as identity primary key,
	chain_id int not null references audit_chain,
	seq bigint not null,
	happened timestamptz not null,
	actor_kind text, -- user, staff, cli, system
	actor_id int,
	actor_name text,
	token_id int,
	address text,
	request text,
	action text,
	resource text,
	object_id bigint,
	pin_id int,
	before jsonb, -- of what is not personal
	after jsonb,
	person_key_id bigint,
	personal bytea, -- before and after, under that key
	content_hash bytea not null,
	hash bytea not null,
	expired boolean not null default false,
	constraint audit_log_key unique (chain_id, seq)
);
create index audit_log_happened on audit_log (happened);
create index audit_log_object on audit_log (resource, object_id);
create index audit_log_actor on audit_log (actor_name, happened);
create index audit_log_pin on audit_log (pin_id) where pin_id is not null;
create index audit_log_anchor on audit_log (happened) where action = 'anchor';

-- Up to when content was dropped, each time.
create table audit_expiry (
	id int generated always as identity primary key,
	before timestamptz not null,
	rows bigint not null,
	happened timestamptz not null default now()
);

-- ------------------------------------------------------------------ erased people

-- Of a PIN whose holder was erased: punches up to then are not stored again.
alter table pin add column erased_up_to timestamp;
create index pin_erased on pin (id) where erased_up_to is not null;

-- The receipts. Nothing in them says who it was.
create table erasure (
	id int generated always as identity primary key,
	employee int not null, -- the id that it was
	happened timestamptz not null default now(),
	account_id int,
	account_name text not null default '',
	punches text not null check (punches in ('keep', 'anonymise', 'delete')),
	code text, -- under which the punches are now
	removed jsonb not null, -- what, and how much of it
	pin_id int, -- until every terminal has confirmed
	completed timestamptz
);
create index erasure_pin on erasure (pin_id) where pin_id is not null;

create table erasure_terminal (
	erasure_id int not null references erasure on delete cascade,
	terminal_id int not null,
	sn text not null,
	alias text not null default '',
	confirmed timestamptz,
	outcome text, -- removed, or the terminal was deleted
	primary key (erasure_id, terminal_id)
);
