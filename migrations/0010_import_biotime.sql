-- Moving in from ZKBio Time: its names as views in a schema of their own (functions/views_biotime.sql),
-- and what `punchd import-biotime` must remember between two starts (functions/import_biotime.sql).

create schema if not exists biotime;

-- One row: the import under way, or done.
create table import_run (
	singleton boolean primary key default true check (singleton),
	source text not null,	-- without credentials; a second start must name the same
	started timestamptz not null default now(),
	highest_id bigint,	-- of the punches there; set when all are staged: ours count from here
	prepared boolean not null default false, -- links of punches to people are put right
	finished timestamptz
);

-- How far each table is. position: the id up to which rows were read, of dumps the number of rows.
create table import_table (
	name text primary key,
	position bigint not null default 0,
	rows_read bigint not null default 0,
	rows_taken bigint not null default 0,
	done boolean not null default false
);

-- What did not fit. Never a secret: row says which one, by id and code.
create table import_misfit (
	id bigint generated always as identity primary key,
	table_name text not null,
	row text not null,
	reason text not null
);

-- Punches as read, until they are published in the order of their ids. Nothing here is sealed in
-- punch either.
create table import_punch (
	id bigint primary key,
	emp_code text not null,
	emp_id int, -- who it is linked to there
	punch_time timestamp not null,
	upload_time timestamptz,
	punch_state smallint,
	verify_type smallint,
	work_code text,
	sn text not null,
	alias text,
	area_alias text,
	is_mask smallint,
	temperature real,
	rest bytea
);
