-- What the number means that a terminal answers to a command: that belongs to the verb (adms-push 3.4).

-- Verbs whose good answer may be a number: of rows or bytes. For all others 0 alone is good.
create or replace function command_counts(content text) returns boolean
	language sql immutable as $$
	select content ~ '^(DATA QUERY|VERIFY SUM|GetFile|PutFile)\M'
$$;

-- True for an answer that ends a command well. Where something is to be deleted, its absence is
-- as good (4.3, 4.4).
create or replace function command_succeeded(content text, value int) returns boolean
	language sql immutable as $$
	select value = 0 or (value > 0 and command_counts(content))
		or (content ~ '^DATA (DELETE |DEL_)' and value in (-1, -2, -10))
$$;

-- A number that says nothing after this verb: neither done nor why not.
create or replace function command_odd(content text, value int) returns boolean
	language sql immutable as $$
	select value > 0 and not command_counts(content)
$$;

-- How many odd answers in a row there are with this one: after the third it is not sent again.
create or replace function command_tries(value int, value_before int, tries int) returns int
	language sql immutable as $$
	select case when value > 0 and coalesce(value_before, 0) <= 0 then 1 else tries + 1 end
$$;

create or replace function command_odd_told(a_terminal int, value int, what text) returns void
	language sql as $$
	select alert_raise(a_terminal, 'odd_answer', '', format('answered %s to %s three times, which is'
		' neither done nor an error that is known; see /iclock/api/terminalpeople/', value, what))
$$;

-- A return code in words.
create or replace function command_meaning(content text, value int) returns text
	language sql immutable as $$
	select case
		when value is null then null
		when content ~ '^ENROLL_MF\M' and value in (4, 5, 6) then
			(array['retries used up', 'timeout', 'cancelled by key'])[value - 3]
		when content ~ '^ENROLL_(FP|BIO)\M' and value in (2, -2) then 'finger exists'
		when content ~ '^ENROLL_(FP|BIO)\M' and value between 4 and 7 then
			(array['failed (quality)', 'duplicate in database', 'cancelled', 'busy'])[value - 3]
		when value = 0 or (value > 0 and command_counts(content)) then 'done'
		else coalesce((select words from (values
			(-1, 'parameter error, unsupported or no such data'),
			(-2, 'size mismatch, no such user or picture absent'),
			(-3, 'storage access error'),
			(-9, 'template size mismatch'),
			(-10, 'PIN not in device'),
			(-11, 'illegal template format'),
			(-12, 'illegal template'),
			(-30, 'biometric version or type not supported'),
			(-629, 'unknown table or field'),
			(-725, 'enrolment timed out'),
			(-1001, 'capacity reached'),
			(-1002, 'not supported'),
			(-1003, 'timeout'),
			(-1004, 'data inconsistent with configuration'),
			(-1005, 'device busy'),
			(-1006, 'data too long'),
			(-1007, 'out of memory'),
			(-1008, 'could not fetch data from the server')) m (code, words)
			where code = value),
			case when value > 0 then 'no answer that is known to this command' else 'error' end)
	end
$$;
