-- What a terminal says of somebody who is in none of its areas waits here (functions/claims.sql).

-- The newest of each thing said: a member of the person, a template, a picture. It is sealed as in the
-- table that it goes to when it is taken, so that it can be moved there as it is.
create table person_claim (
	id bigint generated always as identity primary key,
	terminal_id int not null references terminal on delete cascade,
	pin_id int not null references pin,
	slot text not null,	-- which thing: 'card_no', 'template 1 0 0 10', 'photo USERPIC 0'
	words text not null,	-- the same for people: 'card number', 'FP 0'
	place text not null,	-- what it is sealed for: 'template.sealed'; members: 'person_claim.sealed'
	details jsonb not null default '{}', -- the open columns of the row that it becomes
	row_key bytea not null,
	sealed bytea not null,
	content_hash bytea not null,
	due boolean not null default false, -- a member that was taken: a process fills it in
	received timestamptz not null default now(), -- this content
	constraint person_claim_key unique (terminal_id, pin_id, slot)
);
create index person_claim_pin on person_claim (pin_id);
create index person_claim_due on person_claim (terminal_id, pin_id) where due;
create index person_claim_received on person_claim (received);

-- People of whom a terminal said something that was not kept, for too many wait already.
alter table terminal_watch add column claims_refused bigint not null default 0;

-- What terminals had said of PINs that are no employee's would go to whoever becomes that employee: it
-- waits, too. What is left of terminals that were deleted has ended with them.
insert into person_claim (terminal_id, pin_id, slot, words, place, details, row_key, sealed,
	content_hash, received)
select t.id, x.pin_id, format('template %s %s %s %s', x.bio_type, x.bio_no, x.bio_index, x.major_ver),
	x.form || ' ' || case x.bio_type when 2 then x.bio_index else x.bio_no end, 'template.sealed',
	jsonb_build_object('form', x.form, 'type', x.bio_type, 'no', x.bio_no, 'index', x.bio_index,
		'major', x.major_ver, 'minor', x.minor_ver, 'format', x.bio_format, 'valid', x.valid,
		'duress', x.duress, 'size', x.size),
	x.row_key, x.sealed, coalesce(x.content_hash, ''), x.update_time
from template x join terminal t on t.sn = x.sn
where not exists (select from employee e where e.pin_id = x.pin_id);
insert into person_claim (terminal_id, pin_id, slot, words, place, details, row_key, sealed,
	content_hash, received)
select t.id, x.pin_id, format('photo %s %s', x.form, x.bio_type), x.form, 'photo.sealed',
	jsonb_build_object('form', x.form, 'type', x.bio_type, 'name', x.file_name, 'size', x.size),
	x.row_key, x.sealed, coalesce(x.content_hash, ''), x.update_time
from photo x join terminal t on t.sn = x.sn
where not exists (select from employee e where e.pin_id = x.pin_id);
delete from person_claim where id in (select id from (
	select c.id, row_number() over newest as things, sum(octet_length(c.sealed)) over newest as bytes
	from person_claim c window newest as (partition by c.terminal_id, c.pin_id
		order by c.received desc, c.id desc rows unbounded preceding)) x
	where x.things > 60 or x.bytes > 16 << 20);
delete from template x where x.sn <> ''
	and not exists (select from employee e where e.pin_id = x.pin_id);
delete from photo x where x.sn <> ''
	and not exists (select from employee e where e.pin_id = x.pin_id);

-- one column more
drop function if exists terminal_load(int[]);
drop function if exists people_known(int, text[]);
