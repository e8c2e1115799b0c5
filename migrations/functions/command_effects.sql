-- What commands take off a terminal by hand or by an action: CLEAR DATA, CLEAR ALL USERINFO, CLEAR
-- BIODATA, and deletions of one person's record or templates. Who and what is wanted there stays
-- wanted. After CLEAR DATA and CLEAR ALL USERINFO the terminal stays empty until sync
-- (terminal.people_held); whatever else is gone is sent again with the next heartbeats.

-- The PIN of "DATA DELETE <what> PIN=..", "DATA DEL_USER PIN=..": null for all other commands.
create or replace function command_deletes_of(content text) returns text
	language sql immutable as $$
	select (regexp_match(content, '^DATA (?:DELETE [A-Z]+|DEL_[A-Z]+) (?:[^\t]*\t)*pin=([^\t]*)',
		'i'))[1]
$$;

create or replace function command_deletes_user(content text) returns boolean
	language sql immutable as $$
	select content ~ '^DATA (DELETE USERINFO|DEL_USER) '
$$;

-- Whether a deletion concerns templates of a type; photo: BIOPHOTO, USERPIC or null.
create or replace function command_deletes_type(content text, bio_type int, photo text)
	returns boolean language sql immutable as $$
	select case
		when content ~ '^DATA (DELETE FINGERTMP|DEL_FP) ' then photo is null and bio_type = 1
		when content ~ '^DATA DELETE FACE ' then photo is null and bio_type = 2
		when content ~ '^DATA DELETE FVEIN ' then photo is null and bio_type = 7
		when content ~ '^DATA DELETE USERPIC ' then photo = 'USERPIC'
		when content ~ '^DATA DELETE BIOPHOTO ' then photo = 'BIOPHOTO'
		-- a face that was made from a photo goes with the type
		when content ~ '^DATA DELETE BIODATA ' then coalesce(photo, '') <> 'USERPIC'
			and bio_type = coalesce((regexp_match(content, '\ttype=([0-9]{1,2})', 'i'))[1]::int,
				bio_type)
		else false
	end
$$;

-- Whom these commands deleted, or templates of whom.
create or replace function command_deleted_pins(a_terminal int, ids bigint[]) returns setof int
	language sql stable as $$
	select pin.id from terminal_command c join pin on pin.code = command_deletes_of(c.content)
	where c.id = any(ids) and c.terminal_id = a_terminal and c.state = 'done' and c.finished = now()
$$;

-- Commands of this terminal that have just ended well: what they took is not there any more.
-- Rows are locked in order before any of them is written (see templates.sql).
create or replace function command_effects(a_terminal int, ids bigint[]) returns void
	language plpgsql as $$
declare
	emptied boolean;
	cleared boolean;
	deleted int[];
begin
	select bool_or(content in ('CLEAR DATA', 'CLEAR ALL USERINFO')),
		bool_or(content = 'CLEAR BIODATA') into emptied, cleared
	from terminal_command c where c.id = any(ids) and c.terminal_id = a_terminal
		and c.state = 'done' and c.finished = now();
	deleted := array(select command_deleted_pins(a_terminal, ids));
	perform from terminal_person p where p.terminal_id = a_terminal and p.pin_id in (
		select q.pin_id from terminal_person q where q.sent_id = any(ids)
		union all select template_pins(a_terminal, ids)
		union all select unnest(deleted)
		union all select q.pin_id from terminal_person q
			where q.terminal_id = a_terminal and (emptied or cleared))
	order by p.pin_id for update;
	perform clearing_forget(a_terminal, ids);
	if emptied then
		perform terminal_emptied(a_terminal);
	elsif cleared then
		perform template_resend_terminal(a_terminal);
	end if;
	if emptied or cleared or deleted <> '{}' then
		perform terminal_wake(array[a_terminal]);
	end if;
	if deleted = '{}' then
		return;
	end if;
	with done as (
		select c.content, pin.id as pin_id from terminal_command c
		join pin on pin.code = command_deletes_of(c.content)
		where c.id = any(ids) and c.terminal_id = a_terminal and c.state = 'done'
			and c.finished = now()
	), users as (
		select distinct pin_id from done where command_deletes_user(content)
	), parted as (
		delete from terminal_person p using users u
		where p.terminal_id = a_terminal and p.pin_id = u.pin_id and not p.wanted
	), again as (
		update terminal_person p set sent_version = 0, confirmed_version = 0, sent_id = null,
			return_value = null, retry_at = null, tries = 0
		from users u
		where p.terminal_id = a_terminal and p.pin_id = u.pin_id and p.wanted
	), unsent as (
		delete from terminal_template q using users u
		where q.terminal_id = a_terminal and q.pin_id = u.pin_id
	)
	update terminal_person p set bio_sent = 0
	where p.terminal_id = a_terminal and p.bio_sent <> 0
		and p.pin_id not in (select pin_id from users)
		and exists (select from done d where d.pin_id = p.pin_id and (
			exists (select from template t where t.pin_id = d.pin_id
				and command_deletes_type(d.content, t.bio_type, null))
			or exists (select from photo f where f.pin_id = d.pin_id
				and command_deletes_type(d.content, coalesce(nullif(f.bio_type, 0), 9), f.form))));
end $$;

-- A clearing that was cancelled, has expired or was refused has not happened: people are sent again,
-- unless the terminal was cleared before and nobody was sent since, or another clearing is open.
-- One that was sent and never answered may have happened: then sync decides.
create or replace function clearing_ended() returns trigger language plpgsql as $$
begin
	update terminal t set people_held = false
	where t.id = new.terminal_id and t.people_held
		and not exists (select from terminal_command c where c.terminal_id = t.id
			and c.content in ('CLEAR DATA', 'CLEAR ALL USERINFO') and c.state in ('queued', 'sent'))
		and (exists (select from terminal_person p where p.terminal_id = t.id
				and p.confirmed_version > 0)
			or not exists (select from terminal_command c where c.terminal_id = t.id
				and c.content in ('CLEAR DATA', 'CLEAR ALL USERINFO') and c.state = 'done'));
	return null;
end $$;

drop trigger if exists order_ended on terminal_command;
drop function if exists order_ended();
create or replace trigger clearing_ended after update of state on terminal_command
	for each row when (new.content in ('CLEAR DATA', 'CLEAR ALL USERINFO')
		and new.state <> old.state and (new.state = 'cancelled'
		or (new.state = 'expired' and old.state = 'queued')
		or (new.state = 'failed' and new.return_value <> 0)))
	execute function clearing_ended();
