-- Punches of a clock that was wrong, put right afterwards: what was moved, and can be moved back.
create table punch_shift (
	id int generated always as identity primary key,
	terminals int[] not null,
	sns text[] not null,
	seconds int not null check (seconds <> 0),
	start_time timestamp not null, -- as the clocks had it, both ends included
	end_time timestamp not null,
	-- how far it is
	at_time timestamp not null,
	at_id bigint not null,
	created timestamptz not null default now(),
	finished timestamptz,
	undone timestamptz,
	requested_by int references account on delete set null
);

-- Each punch that it found.
create table punch_shift_row (
	id bigint generated always as identity primary key,
	shift_id int not null references punch_shift on delete cascade,
	sn text not null,
	pin_id int, -- null: erased since, or its time is over (retention_punches)
	old_time timestamp not null,
	new_time timestamp not null,
	state text not null check (state in ('moved', 'stays', 'undone')),
	reason text -- why it stays, or could not be moved back
);
create index punch_shift_row_shift on punch_shift_row (shift_id, state);
create index punch_shift_row_pin on punch_shift_row (pin_id, new_time);
create index punch_shift_row_old on punch_shift_row (pin_id, old_time);
create index punch_shift_row_sn on punch_shift_row (sn, new_time);
create index punch_shift_row_age on punch_shift_row (old_time) where pin_id is not null;
