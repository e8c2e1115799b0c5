/*
 * Whose something is: what is given away (memory, places, workers, disk) is bounded by class and by
 * owner, and an owner is what somebody was proved to be, never what they say.
 */
#ifndef OWNER_H
#define OWNER_H

#include <stdbool.h>
#include <stdint.h>

enum owner_class {
	OWNER_STRANGER, /* nothing was proved, or the terminal waits for approval; key: address */
	OWNER_TERMINAL, /* approved, from an address that it may have; key: its id */
	OWNER_ACCOUNT, /* credentials were good; key: its id, of self-service with OWNER_STAFF */
	OWNER_CLASSES
};

#define OWNER_STAFF (UINT64_C(1) << 32)

struct owner {
	enum owner_class class;
	uint64_t key;
};

/* One number per IPv4 address, and per /64 of IPv6, which is what one customer has. What is no
 * address is 0. */
uint64_t owner_address(const char *text);

static inline struct owner owner_stranger(const char *address)
{
	return (struct owner){ OWNER_STRANGER, owner_address(address) };
}

static inline bool owner_same(struct owner a, struct owner b)
{
	return a.class == b.class && a.key == b.key;
}

#endif
