-- "Ver 10:2": two templates, algorithm version 10; only the number where the version is not known.
-- Stable, as || of numbers is: else it would not be inlined.
create or replace function biometric_summary(version int, n bigint) returns text
	language sql stable as $$
	select case when n = 0 then '-' when version > 0 then 'Ver ' || version || ':' || n
		else n::text end
$$;
