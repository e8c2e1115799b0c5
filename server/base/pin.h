/*
 * What a PIN may be: the code by which terminals know a person, emp_code over REST. One rule for all
 * roads by which one comes: lines and parameters of terminals, REST, files, imports. Pure. Fuzzed.
 *
 * Text of 1 to PIN_MAX bytes that is compared exactly. Blanks around it are padding, which every road
 * takes off before it asks here. Quotes, '&' and '=' are legal; what no terminal can have is another
 * column: a word and '=' behind a separator.
 */
#ifndef PIN_H
#define PIN_H

#include <stdbool.h>
#include <stddef.h>

#define PIN_MAX 20 /* bytes; the product's limit, terminals have shorter ones */

/* NULL, or a short constant reason why these n bytes of UTF-8 are no PIN. */
const char *pin_check(const char *pin, size_t n);

/* The same of a terminal's bytes, before they are decoded: what is beyond ASCII is not judged. */
const char *pin_check_bytes(const char *pin, size_t n);

/* Whether terminals' records have this key ("Name", "Card"), in any case. */
bool pin_is_key(const char *word, size_t n);

#endif
