-- Logins of web pages. The cookie's id is known by its hash alone.
create table page_session (
	id bigint generated always as identity primary key,
	account_id int not null references account on delete cascade,
	hash bytea not null constraint page_session_hash_key unique, -- SHA-256
	generation int not null, -- of the account's tokens when it began
	created timestamptz not null default now(),
	last_used timestamptz not null default now(),
	expires timestamptz not null
);
create index page_session_account on page_session (account_id);
