/*
 * Card numbers in their one normal form: decimal, no leading zeros, at most 64 bits. It is made where
 * a number enters, and is what is compared, looked up, shown and sent. Pure.
 */
#ifndef CARD_H
#define CARD_H

#include <stdbool.h>

#include "arena.h"
#include "seal.h"
#include "span.h"

enum { CARD_SIZE = 21, /* with its NUL */ CARD_HASHES = 20 };

/* "0007654321", and "[B1CB7400]" (the bytes in hex, lowest first, as terminals of generations 1 and 2
 * write them; adms-push 2.2), are 7654321. Blanks and TABs around are padding. No card ("", "0",
 * "[0000000000]", absent) is "". False, and out is "", when it is none of these. */
bool card_read(struct span, char out[static CARD_SIZE]);

/* The bytes in hex without their brackets, as AuthType=CARD has them. */
bool card_read_hex(struct span hex, char out[static CARD_SIZE]);

/* The normal form of a text on the arena; as it is where it cannot be read; NULL stays NULL. */
const char *card_shown(struct arena *, const char *text);

/* The keyed hash by which the database knows a card in its normal form. */
void card_hash(const unsigned char key[SEAL_KEY_SIZE], const char *card,
	unsigned char hash[SEAL_KEY_SIZE]);

/* Hashes, SEAL_KEY_SIZE bytes each on the arena, of a card in its normal form, which is the first, and
 * of what may have been stored of it when it was kept as typed: with zeros up to twenty digits.
 * Returns how many. */
int card_hashes(struct arena *, const unsigned char key[SEAL_KEY_SIZE], const char *card,
	const void *out[static CARD_HASHES]);

#endif
