-- A PIN that was deleted and given to somebody else before a terminal had confirmed the removal: it
-- still holds the former person's templates, so it removes them first.
alter table terminal_person
	add column former boolean not null default false; -- what it holds of this PIN is somebody else's

drop function if exists punch_store(int[], timestamp[], int[], smallint[], smallint[], smallint[],
	smallint[], real[], text[], bytea[]);
-- now for many people at a time, see template_fit.sql and template_send.sql
drop function if exists template_queue(terminal_person, int, terminal_bio);
drop function if exists template_known(int);
