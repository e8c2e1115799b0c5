-- Templates and photos that are not what they should be, and what the program itself looks through once
-- after an upgrade, for what is sealed cannot be judged here (functions/contents.sql, walk.sql).

-- Why nobody is given it; null: nothing is known against it.
alter table template add column problem text;
alter table photo add column problem text;
create index template_problem on template (sn) where problem is not null;
create index photo_problem on photo (sn) where problem is not null;

-- How far each has come.
create table walk (
	name text primary key,
	place bigint not null default 0, -- the last row that was looked at
	taken timestamptz,		 -- a process is at it since
	done timestamptz
);

-- Nothing is there yet: all that comes is looked at where it enters.
insert into walk (name, done)
select n.name, now() from (values ('templates'), ('photos'), ('claims')) n (name)
where not exists (select from template) and not exists (select from photo)
	and not exists (select from person_claim);
