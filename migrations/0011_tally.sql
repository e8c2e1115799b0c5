-- How many rows a table has, without looking at them. Each statement that adds or removes rows leaves
-- its difference here, so that nobody waits for anybody; tally_fold() sums them up now and then.

create table tally (
	name text not null, -- of the table
	n bigint not null
);
create index tally_name on tally (name) include (n);

create function tally_count() returns trigger language plpgsql as $$
begin
	insert into tally (name, n)
	select tg_table_name, case tg_op when 'INSERT' then count(*) else -count(*) end
	from changed having count(*) > 0;
	return null;
end $$;

do $$
declare
	a_name text;
begin
	foreach a_name in array array['employee', 'resign', 'terminal', 'manual_log', 'att_leave',
			'template'] loop
		execute format('create trigger tally_more after insert on %I referencing new table as changed'
			' for each statement execute function tally_count()', a_name);
		execute format('create trigger tally_less after delete on %I referencing old table as changed'
			' for each statement execute function tally_count()', a_name);
		execute format('insert into tally (name, n) select %L, count(*) from %I', a_name, a_name);
	end loop;
end $$;
