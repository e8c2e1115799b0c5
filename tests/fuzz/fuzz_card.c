/* Card numbers: what is read is decimal without leading zeros, and reads as itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"

static void form_check(const char *card)
{
	char again[CARD_SIZE];
	size_t len = strlen(card);
	if (len >= CARD_SIZE || *card == '0' || strspn(card, "0123456789") != len)
		abort();
	if (!card_read(span_of(card), again) || strcmp(card, again) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char card[CARD_SIZE];
	struct span text = { (const char *)bytes, n };
	if (!card_read(text, card) && *card)
		abort();
	form_check(card);
	if (!card_read_hex(text, card) && *card)
		abort();
	form_check(card);
	return 0;
}
