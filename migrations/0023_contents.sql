-- Templates and photos that are not what they should be (functions/contents.sql).

-- Why nobody is given it; null: nothing is known against it.
alter table template add column problem text;
alter table photo add column problem text;
create index template_problem on template (sn) where problem is not null;
create index photo_problem on photo (sn) where problem is not null;

-- Nothing is there yet: all that comes is looked at where it enters.
insert into walk (name, done)
select n.name, now() from (values ('templates'), ('photos'), ('claims')) n (name)
where not exists (select from template) and not exists (select from photo)
	and not exists (select from person_claim);
