-- The last guard of sealed columns, whatever program writes: a value has the form of a sealed one, and
-- its key is one that is in use. So a key that has been retired can be thrown away: no server that
-- has slept through the change writes under it again. Such a write fails, and the terminal or client
-- repeats it.
create or replace function seal_guard() returns trigger language plpgsql as $$
begin
	if octet_length(new.sealed) < 33 or get_byte(new.sealed, 0) <> 1 then
		raise exception 'a value for % is not sealed', tg_table_name using errcode = '58K01';
	end if;
	perform from data_key k where k.retired is null
		and k.id = ('x' || encode(substr(new.sealed, 2, 4), 'hex'))::bit(32)::int;
	if not found then
		raise exception 'a value for % is sealed under a key that is not in use', tg_table_name
			using errcode = '58K02';
	end if;
	return new;
end $$;

do $$
declare
	a_table text;
begin
	foreach a_table in array array['secret', 'employee', 'reject', 'raw_upload', 'held_upload',
		'template', 'photo', 'punch_photo', 'fp_image', 'id_card', 'error_log', 'terminal_message',
		'private_message', 'bio_photo', 'person_key', 'person_claim']
	loop
		execute format('create or replace trigger seal_guard before insert or update of sealed on %I
			for each row execute function seal_guard()', a_table);
	end loop;
end $$;
