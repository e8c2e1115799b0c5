-- Terminals that were cleared or reset (functions/terminal_memory.sql), and those that speak access
-- control (functions/terminal_access.sql).

-- How often stamps of a terminal were forgotten, and which one when last. An upload that began
-- before brings none back: a stamp says the number of its upload's beginning.
create table terminal_forgotten (
	terminal_id int primary key references terminal on delete cascade,
	times int not null,
	tables jsonb not null -- name: the number it was last forgotten with
);
alter table terminal_stamp add forgotten int not null default 0;

alter table terminal_state
	-- what it last said that it holds, and when; null: not since it was cleared by us
	add counted timestamptz,
	add counted_users int,
	add counted_punches int,
	add punches_lost boolean not null default false, -- since it last held what it should
	-- it said that it holds nobody, though people were confirmed: since when, from which address
	add empty_since timestamptz,
	add empty_address text,
	add refill boolean not null default false, -- it is sure: its people are to be sent again
	add refilled timestamptz,
	-- false: it was refilled, and has said no number above 0 since, so perhaps it never counts
	add counts_users boolean not null default true;

create index terminal_state_refill on terminal_state (terminal_id) where refill;
update terminal_state set counted_punches = transaction_count where transaction_count > 0;

-- Since when a person's record is there; null: from before this was kept.
alter table terminal_person add there_since timestamptz;

-- Since when it speaks access control; null: attendance.
alter table terminal add access_since timestamptz;
update terminal set access_since = now() where generation > 5;

-- When people of this terminal were last confirmed.
alter table terminal_watch add people_since timestamptz;

drop function if exists terminal_load(int[]); -- three columns more
drop function if exists terminal_hello(int, text, text, text, int, text);
drop function if exists terminal_seen(int[], timestamp[], text[], text[], int[], int[], int[], int[],
	int[], int[], int[], timestamp[]); -- one argument more
drop function if exists terminal_stamped(int, text, text);
drop function if exists terminals_stamped(int[], text[]);
