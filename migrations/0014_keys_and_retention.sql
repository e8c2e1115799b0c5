-- Data keys that can be retired, and what retention needs.

alter table data_key
	add column rotated timestamptz, -- all that was sealed under older keys is sealed under it
	add column retired timestamptz; -- nothing may be sealed under it any more (seal_guard)
update data_key set rotated = now() where current;

-- What is due is found by age. First seen never changes, so updates of counters stay cheap.
create index punch_photo_seen on punch_photo (first_seen);
create index fp_image_seen on fp_image (first_seen);
create index id_card_seen on id_card (first_seen);
create index raw_upload_seen on raw_upload (first_seen);
create index reject_seen on reject (first_seen);
create index operation_log_seen on operation_log (first_seen);
create index error_log_seen on error_log (first_seen);
create index punch_variant_received on punch_variant (received);

-- Rejected punch lines that have expired: their terminal counts them still.
create table reject_expired (
	sn text not null,
	content_hash bytea not null,
	primary key (sn, content_hash)
);

create table retention_run (
	singleton boolean primary key default true check (singleton),
	night date -- the last one that is done
);
insert into retention_run default values;
