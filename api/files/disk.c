/* Few files at a time: their list is walked for what an owner has. */
#include "disk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/statvfs.h>

#include "fatal.h"

struct disk_file {
	LIST_ENTRY(disk_file) link;
	struct disk *disk;
	struct owner owner;
	int64_t bytes;
	bool made;
};

struct disk {
	LIST_HEAD(, disk_file) files;
	char *dir;
	int64_t most;
};

struct disk *disk_new(const char *dir, int64_t most)
{
	struct disk *d = xcalloc(1, sizeof(*d));

	d->dir = xmalloc(strlen(dir) + 1);
	strcpy(d->dir, dir);
	d->most = most;
	LIST_INIT(&d->files);
	return d;
}

void disk_free(struct disk *d)
{
	if (!d)
		return;
	free(d->dir);
	free(d);
}

/* Bytes and places; of one owner, or of all (NULL). */
static int64_t disk_used(const struct disk *d, const struct owner *owner, int *places)
{
	const struct disk_file *f;
	int64_t used = 0;

	*places = 0;
	LIST_FOREACH(f, &d->files, link)
	{
		if (owner && !owner_same(f->owner, *owner))
			continue;
		used += f->bytes;
		*places += !f->made;
	}
	return used;
}

struct disk_file *disk_take(struct disk *d, struct owner owner, const char **why)
{
	int all, own;

	disk_used(d, NULL, &all);
	disk_used(d, &owner, &own);
	if (all >= DISK_PLACES || own >= DISK_PLACES_ONE) {
		*why = own >= DISK_PLACES_ONE ? "You have too many files in the making. Try again."
					      : "Too many files are in the making. Try again.";
		return NULL;
	}
	struct disk_file *f = xcalloc(1, sizeof(*f));
	f->disk = d;
	f->owner = owner;
	LIST_INSERT_HEAD(&d->files, f, link);
	return f;
}

/* What is ours already is not free, and counts all the same. */
static int64_t disk_limit(const struct disk *d, int64_t used)
{
	struct statvfs v;
	int64_t quarter = d->most;

	if (statvfs(d->dir, &v) == 0)
		quarter = ((int64_t)v.f_bavail * (int64_t)v.f_frsize + used) / 4;
	return quarter < d->most ? quarter : d->most;
}

bool disk_resize(struct disk_file *f, int64_t bytes)
{
	int places;
	int64_t more = bytes - f->bytes;
	int64_t all = disk_used(f->disk, NULL, &places);
	int64_t own = disk_used(f->disk, &f->owner, &places);
	int64_t limit = more > 0 ? disk_limit(f->disk, all) : 0;

	if (more > 0 && (all + more > limit || own + more > limit / 4))
		return false;
	f->bytes = bytes;
	return true;
}

void disk_made(struct disk_file *f)
{
	f->made = true;
}

void disk_give(struct disk_file *f)
{
	if (!f)
		return;
	LIST_REMOVE(f, link);
	free(f);
}
