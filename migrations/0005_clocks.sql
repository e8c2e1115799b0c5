-- Punches whose time cannot be right: from a clock that lost its battery, or that runs ahead. Kept
-- by their key, which is known before they have an id.
create table punch_odd_time (
	id bigint generated always as identity primary key,
	pin_id int not null,
	punch_time timestamp not null,
	flag text not null check (flag in ('reset', 'future')),
	received timestamptz not null default now(),
	constraint punch_odd_time_key unique (pin_id, punch_time)
);
create index punch_odd_time_received on punch_odd_time (received);
