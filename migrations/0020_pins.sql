-- Names and uploads told apart, and codes that no terminal can have.

-- Lines of uploads that nobody understands: they were counted as stored.
alter table upload_log add raw bigint not null default 0;

-- A name as this terminal has it, where it is longer than it would be sent there.
alter table terminal_person add said_name text;

-- one column more
drop function if exists upload_log_add(int[], text[], text[], bigint[], bigint[], bigint[], bigint[],
	bigint[], timestamp[], timestamp[]);

-- Codes that were taken as they came and that are refused now (server/base/pin.h): padded with blanks,
-- or with another column in them. What stands under them stays as it is, and is told once.
with odd as (
	select p.id, p.code, row_number() over (order by p.id) as place, count(*) over () as n
	from pin p
	where p.code ~ ('^[ \u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f'
			|| '\u202a-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff0-\ufffb]')
		or p.code ~ ('[ \u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f'
			|| '\u202a-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff0-\ufffb]$')
		or p.code ~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]'
		or p.code ~ '[ ,;|\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u2800\u3000\ufeff][A-Za-z0-9_]+ *='
		or p.code ~* ('[^a-z0-9_](pin|name|pri|passwd|card|grp|tz|verify|vicecard|startdatetime|enddatetime'
			|| '|expires|fid|size|valid|tmp|no|index|duress|type|majorver|minorver|format'
			|| '|filename|content|url|snnum|idnum|dnnum|gender|nation|birthday|validinfo'
			|| '|address|additionalinfo|issuer|photo|fptemplate1|fptemplate2|reserve|notice'
			|| '|errcode|errmsg|dataorigin|cmdid|additional|code|msg|tag|uid|min|starttime'
			|| '|endtime|cardno|password|group|privilege|disable|fingerid|template) *=')
)
insert into alert (kind, sn, subject, text)
select 'odd_pin', '', o.code, case
	when e.id is not null then format('"%s" is no code that a terminal can have, yet it is that of '
		'employee %s: what terminals say of it is rejected from now on', o.code, e.id)
	else format('"%s" is no code that a terminal can have, and was taken for one%s: what is stored '
		'under it stays', o.code, coalesce(', last from ' || last.sn, '')) end
	|| case when o.place = 200 and o.n > 200 then format(' (and %s codes more)', o.n - 200)
		else '' end
from odd o
left join employee e on e.pin_id = o.id
left join lateral (select w.sn from punch u join punch_origin w on w.id = u.origin_id
	where u.pin_id = o.id order by u.punch_time desc limit 1) last on true
where o.place <= 200
order by o.place;

-- "code = ..." may be looked up here, too, which then walks through all that was not merged yet: until
-- the first vacuum each new person of a terminal cost more than the one before.
alter index pin_code_trgm set (fastupdate = off);
alter index employee_name_trgm set (fastupdate = off);
select gin_clean_pending_list('pin_code_trgm'), gin_clean_pending_list('employee_name_trgm');
