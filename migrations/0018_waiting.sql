-- Terminals that nobody has approved yet, and what is kept for them (functions/waiting.sql).

alter table terminal
	-- came by itself and was never approved: the address it came from, of IPv6 the /64
	add stranger inet,
	add held_uploads int not null default 0,
	-- what is held takes about so much: a row costs something, however short its upload is
	add held_disk bigint not null generated always as (held_bytes + held_uploads * 256::bigint) stored;

create index terminal_stranger on terminal (stranger) where stranger is not null;
-- who is removed is looked for there: strangers come and go
create index terminal_origin on terminal (origin_id);

-- How many strangers were looked for that may leave, within a second that began then (one row).
create table stranger_pace (
	one boolean primary key default true check (one),
	since timestamptz not null,
	n int not null
);

update terminal t set held_uploads = h.n
from (select terminal_id, count(*)::int as n from held_upload group by 1) h
where h.terminal_id = t.id;

update terminal t set stranger = '::'
where not t.approved and not t.key_held and t.alias = 'Auto add'
	and not exists (select from punch_origin o join punch p on p.origin_id = o.id
		where o.terminal_id = t.id and o.sn = t.sn);

drop function if exists terminal_load(int[]); -- one column more
