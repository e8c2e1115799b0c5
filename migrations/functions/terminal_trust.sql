-- The key that a terminal says in its handshakes (pushcommkey). It is pinned when the terminal is
-- approved; another one, or none, and the terminal waits like one that is not approved: its punches
-- are held, it gets nothing, and somebody must look (terminal_before() has the rule for approved).

create or replace function terminal_key_said(a_terminal int, a_key bytea) returns void
	language plpgsql as $$
declare
	t terminal%rowtype;
begin
	select * into t from terminal where id = a_terminal;
	if t.key_pinned and t.comm_key is distinct from a_key then
		perform alert_raise(a_terminal, 'comm_key_changed', '', case
			when a_key is null then 'it says no key any more'
			when t.comm_key is null then 'it says a key, and had none'
			else 'it says another key' end || '; its punches wait until that is confirmed',
			interval '300 seconds');
	end if;
	-- one update for what is new, none for the handshake of every day
	if t.key_known and t.key_said is not distinct from a_key and (t.key_held or not t.approved
			or (t.key_pinned and t.comm_key is not distinct from a_key)) then
		return;
	end if;
	update terminal set key_known = true, key_said = a_key,
		comm_key = case when approved and not key_pinned then a_key else comm_key end,
		key_pinned = key_pinned or approved,
		key_held = key_held or (key_pinned and comm_key is distinct from a_key)
	where id = a_terminal;
end $$;

-- Somebody has looked: the key said last is the terminal's.
create or replace function terminal_key_confirm(ids int[], account int) returns void
	language sql as $$
	update terminal set comm_key = key_said, key_held = false where id = any(ids) and key_held;
	update alert set acknowledged = now(), acknowledged_by = account
	where terminal_id = any(ids) and kind = 'comm_key_changed' and acknowledged is null;
$$;
