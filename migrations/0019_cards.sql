-- Cards have one form, and one person each.

-- What is kept sealed can only be looked through by the program: once, in the background (server/walk.h).
-- How far each of these walks has come.
create table walk (
	name text primary key,
	place bigint not null default 0, -- the last row that was looked at
	taken timestamptz,		 -- a process is at it since
	taker bigint,			 -- which one
	done timestamptz
);
insert into walk (name, done)
select 'cards', case when not exists (select from employee) then now() end;

-- The cards of people who have not resigned, by their keyed hash. employee_id is null where a card was
-- two people's before there was this table: then it counts for nobody (functions/cards.sql).
create table card_holder (
	hash bytea primary key,
	employee_id int -- no reference: kept by triggers of employee
);
