/* Work codes and messages of terminals. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "resource.h"

extern const struct resource work_codes, public_messages, private_messages;

#endif
