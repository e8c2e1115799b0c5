-- Templates and photos on their way to terminals (functions/templates.sql).
--
-- Each template and photo has a version out of one sequence, new with every changed content. A
-- person on a terminal has a cursor over them: what is newer than bio_sent is still to be sent.
-- So there are rows only for what is on its way and for what a terminal would not take.

create sequence template_version as bigint;

-- Keyed hash of the content: a terminal that says again what it has been given changes nothing.
alter table template add column version bigint, add column content_hash bytea;
alter table photo add column version bigint, add column content_hash bytea;
update template set version = nextval('template_version');
update photo set version = nextval('template_version');
alter table template alter column version set not null;
alter table photo alter column version set not null;

-- What a terminal uploaded itself says what it can take: the version of each type, of the last one.
create table terminal_own (
	sn text not null,
	bio_type int not null,
	major_ver int not null,
	primary key (sn, bio_type)
);
insert into terminal_own select distinct on (sn, bio_type) sn, bio_type, major_ver
from template order by sn, bio_type, id desc;

-- The highest version among the templates and photos of a PIN.
alter table pin add column bio_version bigint not null default 0;
update pin set bio_version = n.version
from (select pin_id, max(version) as version
	from (select pin_id, version from template union all select pin_id, version from photo) b
	group by pin_id) n
where pin.id = n.pin_id;

alter table terminal_person
	add column row_id bigint generated always as identity constraint terminal_person_row_key unique,
	add column user_there boolean not null default false, -- the terminal has the user record
	add column bio_version bigint not null default 0,     -- as pin.bio_version
	add column bio_sent bigint not null default 0,	      -- up to here all is sent or queued
	add column bio_reason text;			      -- why something does not fit there
update terminal_person p set bio_version = pin.bio_version,
	user_there = p.wanted and p.confirmed_version > 0 and coalesce(p.return_value, 0) >= 0
from pin where pin.id = p.pin_id;
-- the terminal that sent all of it has it
update terminal_person p set bio_sent = p.bio_version from terminal t
where t.id = p.terminal_id and p.user_there and p.bio_version > 0
	and not exists (select from template x where x.pin_id = p.pin_id and x.sn <> t.sn)
	and not exists (select from photo x where x.pin_id = p.pin_id and x.sn <> t.sn);
create index terminal_person_bio on terminal_person (terminal_id, pin_id)
	where wanted and user_there and bio_sent < bio_version;

-- What is on its way, and what could not be put on a terminal; what has arrived has no row.
create table terminal_template (
	id bigint generated always as identity primary key,
	terminal_id int not null,
	pin_id int not null,
	template_id bigint, -- one of the two; no reference: it may be deleted meanwhile
	photo_id bigint,
	version bigint not null,
	form text not null,	      -- FP, FINGERTMP, FACE, FVEIN, BIODATA, BIOPHOTO, USERPIC
	variant smallint not null,    -- see template_fallback
	tried smallint not null default 0, -- bits of variants
	-- when it is to be sent (again); infinity: once the user is there; null: given up
	due timestamptz,
	take bigint, -- as of terminal_command
	sent_id bigint,
	tries int not null default 0,
	return_value int,
	reason text, -- in words, of the last refusal
	check ((template_id is null) <> (photo_id is null)),
	foreign key (terminal_id, pin_id) references terminal_person on delete cascade
);
create unique index terminal_template_template on terminal_template (template_id, terminal_id)
	where template_id is not null;
create unique index terminal_template_photo on terminal_template (photo_id, terminal_id)
	where photo_id is not null;
create index terminal_template_person on terminal_template (pin_id, terminal_id);
create index terminal_template_due on terminal_template (terminal_id, due, id)
	where due is not null;
create index terminal_template_sent on terminal_template (sent_id) where sent_id is not null;

-- What a terminal can take, as it was when people's templates were last judged by it.
create table terminal_bio (
	terminal_id int primary key references terminal on delete cascade,
	versions int[] not null default '{}', -- by type 0 to 10; null not known, 0 none, -1 some version
	photos boolean,
	pictures boolean,
	stale boolean not null default true -- the terminal has said something new since
);
create index terminal_bio_stale on terminal_bio (terminal_id) where stale;
insert into terminal_bio (terminal_id) select id from terminal;

-- The variant of a form that worked on this terminal after another had not.
create table terminal_habit (
	terminal_id int not null references terminal on delete cascade,
	form text not null,
	variant smallint not null,
	primary key (terminal_id, form)
);

alter table terminal_state
	add column functions text, -- digits of INFO: what it can be sent
	add column no_face boolean not null default false; -- INFO: face version -1

drop function if exists template_keep(text[], text[], int[], int[], int[], int[], int[], int[], int[], int[],
	text[], text[], bytea[], bytea[]);
drop function if exists photo_keep(text[], text[], int[], text[], text[], text[], bytea[], bytea[]);
