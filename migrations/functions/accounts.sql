-- Whom a login names: an account by its name; when no name is so, the one account whose e-mail it is,
-- in whatever case. An e-mail that two have is nobody's. Null: nobody.
create or replace function account_named(login text) returns int language sql stable as $$
	select coalesce((select id from account where name = login),
		(select min(id) from account where email <> '' and lower(email) = lower(login)
			having count(*) = 1))
$$;

-- Likewise among employees who may log in: by emp_code, or by the keyed hash of their e-mail.
create or replace function staff_named(login text, login_email_hash bytea) returns int
	language sql stable as $$
	select coalesce(
		(select e.id from employee e join staff_login s on s.employee_id = e.id
			where e.emp_code = login),
		(select min(e.id) from employee e join staff_login s on s.employee_id = e.id
			where e.email_hash = login_email_hash having count(*) = 1))
$$;
