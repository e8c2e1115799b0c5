-- Cards have one form, and one person each.

-- Values that are kept sealed and get another form are rewritten by the program, once, in the
-- background (server/normalise.c).
create table normalisation (
	name text primary key,
	position bigint not null default 0, -- the id of the last row that is done
	done boolean not null default false
);
insert into normalisation (name) values ('cards');

-- The cards of people who have not resigned, by their keyed hash. employee_id is null where a card was
-- two people's before there was this table: then it counts for nobody (functions/cards.sql).
create table card_holder (
	hash bytea primary key,
	employee_id int -- no reference: kept by triggers of employee
);
