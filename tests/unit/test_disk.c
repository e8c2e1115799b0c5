/* Places and bytes of temporary files: of all, and of one owner. */
#include "disk.h"

#include <assert.h>
#include <stddef.h>

enum { MIB = 1 << 20 };

static const struct owner anna = { OWNER_ACCOUNT, 1 }, bert = { OWNER_ACCOUNT, 2 },
			  carl = { OWNER_ACCOUNT, 3 };

static void test_places(void)
{
	struct disk *d = disk_new("/tmp", MIB);
	struct disk_file *files[DISK_PLACES];
	const char *why = NULL;

	for (int i = 0; i < DISK_PLACES; i++)
		assert((files[i] = disk_take(d, i < DISK_PLACES_ONE ? anna : bert, &why)));
	assert(!disk_take(d, carl, &why) && why);
	disk_made(files[0]);
	struct disk_file *more = disk_take(d, carl, &why);
	assert(more && !disk_take(d, anna, &why));
	disk_give(more);
	assert((more = disk_take(d, anna, &why)) && !disk_take(d, anna, &why));
	disk_give(more);
	disk_give(NULL);
	for (int i = 0; i < DISK_PLACES; i++)
		disk_give(files[i]);
	disk_free(d);
}

static void test_an_owner_has_a_quarter(void)
{
	struct disk *d = disk_new("/tmp", 4 * MIB);
	const char *why;
	struct disk_file *one = disk_take(d, anna, &why), *two = disk_take(d, anna, &why);
	struct disk_file *other = disk_take(d, bert, &why);

	assert(disk_resize(one, MIB / 2) && disk_resize(two, MIB / 2));
	assert(!disk_resize(two, MIB / 2 + 1));
	disk_made(one); /* it is there all the same */
	assert(!disk_resize(two, MIB / 2 + 1) && disk_resize(other, MIB));
	assert(disk_resize(one, MIB / 4) && disk_resize(two, 3 * MIB / 4));
	disk_give(one);
	assert(disk_resize(two, MIB) && !disk_resize(two, MIB + 1));
	disk_give(two);
	disk_give(other);
	disk_free(d);
}

static void test_all_have_what_there_is(void)
{
	struct disk *d = disk_new("/tmp", 4 * MIB);
	struct disk_file *files[5];
	const char *why;

	for (uint64_t i = 0; i < 5; i++)
		files[i] = disk_take(d, (struct owner){ OWNER_ACCOUNT, i }, &why);
	for (int i = 0; i < 4; i++)
		assert(disk_resize(files[i], MIB));
	assert(!disk_resize(files[4], 1));
	assert(disk_resize(files[0], MIB / 2) && disk_resize(files[4], MIB / 2));
	for (int i = 0; i < 5; i++)
		disk_give(files[i]);
	disk_free(d);
	d = disk_new("/tmp", INT64_MAX); /* a quarter of what is free, of that a quarter */
	files[0] = disk_take(d, anna, &why);
	assert(!disk_resize(files[0], INT64_MAX / 2) && disk_resize(files[0], 1));
	disk_give(files[0]);
	disk_free(d);
}

int main(void)
{
	test_places();
	test_an_owner_has_a_quarter();
	test_all_have_what_there_is();
	return 0;
}
