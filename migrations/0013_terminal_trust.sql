-- Terminals are strangers until proven: where one may come from, and the key of its handshakes
-- (functions/terminal_trust.sql).

alter table terminal
	add allowed_address text not null default '', -- comma list of addresses and CIDRs; '' any
	-- keyed hashes of pushcommkey; null: the terminal says none
	add comm_key bytea, -- as it was at its approval, or was confirmed since
	add key_pinned boolean not null default false, -- comm_key counts
	add key_said bytea, -- in its last handshake
	add key_known boolean not null default false, -- there was a handshake since it is looked at
	add key_held boolean not null default false; -- another one was said: waits until confirmed

drop function if exists terminal_load(int[]); -- one column more
