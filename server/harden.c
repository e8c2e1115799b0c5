/* Limits and allocators; a limit that the system does not know is none. */
#include "harden.h"

#include <event2/event.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void wiped_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

static void *wiped_realloc(void *memory, size_t n)
{
	size_t old = memory ? malloc_usable_size(memory) : 0;
	if (n == 0) {
		wiped_free(memory);
		return NULL;
	}
	void *fresh = malloc(n);
	if (fresh && memory) {
		memcpy(fresh, memory, old < n ? old : n);
		wiped_free(memory);
	}
	return fresh;
}

void harden_process(void)
{
	static const struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	/* also from dumps through a pipe, which the limit does not stop, and from debuggers */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	json_set_alloc_funcs(malloc, wiped_free);
	event_set_mem_functions(malloc, wiped_realloc, wiped_free);
}
