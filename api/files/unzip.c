/* libzip reads what lies in memory; sizes are believed only as far as the bytes bear them out. */
#include "unzip.h"

#include <stdlib.h>
#include <zip.h>

#include "fatal.h"
#include "str.h"

#include <string.h>

struct unzip {
	zip_t *zip;
	uint64_t left; /* that may still be unpacked */
	char piece[65536];
};

static const char damaged[] = "The archive is damaged.";

struct unzip *unzip_open(const char *bytes, size_t n, uint64_t max, const char **why)
{
	zip_error_t error;
	zip_source_t *source;
	zip_t *zip;

	zip_error_init(&error);
	source = zip_source_buffer_create(bytes, n, 0, &error);
	zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	zip_error_fini(&error);
	if (!zip) {
		if (source)
			zip_source_free(source);
		*why = damaged;
		return NULL;
	}
	if (zip_get_num_entries(zip, 0) > UNZIP_ENTRIES) {
		zip_discard(zip);
		*why = "The archive has too many entries.";
		return NULL;
	}
	struct unzip *u = xcalloc(1, sizeof(*u));
	u->zip = zip;
	u->left = max;
	return u;
}

void unzip_close(struct unzip *u)
{
	if (!u)
		return;
	zip_discard(u->zip);
	free(u);
}

int64_t unzip_count(const struct unzip *u)
{
	return zip_get_num_entries(u->zip, 0);
}

const char *unzip_name(const struct unzip *u, int64_t entry)
{
	const char *name = zip_get_name(u->zip, (zip_uint64_t)entry, ZIP_FL_ENC_GUESS);

	return name && str_is_utf8(name, strlen(name)) ? name : NULL;
}

int64_t unzip_find(const struct unzip *u, const char *name)
{
	return zip_name_locate(u->zip, name, 0);
}

int64_t unzip_size(struct unzip *u, int64_t entry, const char **why)
{
	const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
				    ZIP_STAT_ENCRYPTION_METHOD;
	zip_stat_t stat;

	*why = damaged;
	if (zip_stat_index(u->zip, (zip_uint64_t)entry, 0, &stat) != 0 ||
		(stat.valid & needed) != needed)
		return -1;
	if (stat.encryption_method != ZIP_EM_NONE) {
		*why = "The archive is encrypted.";
		return -1;
	}
	if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
		return -1;
	*why = "The archive unpacks to too much.";
	if (stat.size > u->left ||
		(stat.size > UNZIP_SMALL && stat.size / UNZIP_RATIO > stat.comp_size))
		return -1;
	*why = NULL;
	return (int64_t)stat.size;
}

bool unzip_read(struct unzip *u, int64_t entry, bool (*take)(void *arg, const char *, size_t),
	void *arg, const char **why)
{
	int64_t size = unzip_size(u, entry, why), got, done = 0;
	zip_file_t *file;

	if (size < 0)
		return false;
	*why = damaged;
	file = zip_fopen_index(u->zip, (zip_uint64_t)entry, 0);
	if (!file)
		return false;
	u->left -= (uint64_t)size;
	while ((got = zip_fread(file, u->piece, sizeof(u->piece))) > 0) {
		done += got;
		if (done > size) {
			got = -1;
			break;
		}
		if (!take(arg, u->piece, (size_t)got)) {
			zip_fclose(file);
			*why = NULL;
			return true;
		}
	}
	zip_fclose(file);
	if (got < 0 || done != size)
		return false;
	*why = NULL;
	return true;
}
