-- Which state punches are shown with: functions/att_state.sql says what a rule does.
alter table terminal add column state_rule text not null default ''; -- '': as its area has it
alter table area add column state_rule text not null default '';     -- '': as sent
-- whether there is any rule is asked by every list
create index terminal_state_rule on terminal ((true)) where state_rule <> '';
create index area_state_rule on area ((true)) where state_rule <> '';
