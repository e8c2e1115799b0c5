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

-- one column more
drop function if exists terminal_load(int[]);
drop function if exists people_known(int, text[]);
