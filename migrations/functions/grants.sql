-- What the application's role needs, where another one owns the schema: rows, and nothing of the
-- schema itself; of the audit trail only to read it, and the functions that append to it. Called by
-- the owner at every start. Returns why the role could alter the schema all the same, or null.
create or replace function grants_give(a_role text) returns text language plpgsql as $$
declare
	a_function regprocedure;
	a_table text;
begin
	perform pg_advisory_xact_lock(7263006); -- of two that start at once
	if (select rolsuper from pg_roles where rolname = a_role) then
		return 'is a superuser';
	elsif exists (select from pg_class c where relnamespace = 'public'::regnamespace
		and relkind = 'r' and pg_has_role(a_role, relowner, 'MEMBER')) then
		return 'owns the tables, or is a member of the role that does';
	end if;
	execute format('grant usage on schema public to %I', a_role);
	execute format('revoke create on schema public from %I', a_role);
	begin -- before PostgreSQL 15 everybody may create there; it may be another's to say
		revoke create on schema public from public;
	exception when insufficient_privilege then
		null;
	end;
	execute format('grant select, insert, update, delete on all tables in schema public to %I',
		a_role);
	execute format('revoke truncate, references, trigger on all tables in schema public from %I',
		a_role);
	execute format('grant usage, select, update on all sequences in schema public to %I', a_role);
	for a_table in select unnest(array['audit_log', 'audit_pending', 'audit_chain', 'audit_expiry',
		'schema_migration', 'schema_functions']) loop
		execute format('revoke insert, update, delete on %I from %I', a_table, a_role);
	end loop;
	for a_table in select unnest(array['audit_log_id_seq', 'audit_pending_id_seq',
		'audit_chain_id_seq', 'audit_expiry_id_seq']) loop
		execute format('revoke all on sequence %I from %I', a_table, a_role);
	end loop;
	for a_function in select oid::regprocedure from pg_proc
		where pronamespace = 'public'::regnamespace and prosecdef loop
		execute format('revoke execute on function %s from public', a_function);
		execute format('grant execute on function %s to %I', a_function, a_role);
	end loop;
	execute format('revoke execute on function audit_append(int, audit_pending, bigint, bytea)'
		' from %I', a_role);
	if has_schema_privilege(a_role, 'public', 'create') then
		return 'may create in schema public (revoke create on schema public from public)';
	end if;
	return null;
end $$;
