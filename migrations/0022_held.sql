-- Terminals that wait for approval: beside punches, users, templates and pictures are held for them
-- (functions/waiting.sql).

alter table held_upload
	-- of ATTPHOTO the name that its request gave it, LF, and the body
	add column table_name text not null default 'ATTLOG',
	add column biometric boolean not null default false; -- what store_biometrics = off does not keep
alter table held_upload alter column table_name drop default,
	alter column biometric drop default;
create index held_upload_biometric on held_upload (id) where biometric;

-- Which process releases what is held of a terminal, and until when another one leaves it to that.
create table held_release (
	terminal_id int primary key references terminal on delete cascade,
	taker bigint not null,
	until timestamptz not null
);

-- The holder of this PIN was erased last: what was held before must not bring them back.
alter table pin add column erased_at timestamptz;
create index pin_erased_at on pin (erased_at) where erased_at is not null;

-- What functions must know of the settings of servers (store_biometrics): told at their start.
create table server_setting (
	name text primary key,
	value text not null
);

drop function if exists held_keep(int, int, int, bytea, bytea, bytea);
drop function if exists held_some(int, bigint, bigint);
