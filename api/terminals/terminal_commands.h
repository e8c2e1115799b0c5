/* /iclock/api/terminalcommands/ */
#ifndef TERMINAL_COMMANDS_H
#define TERMINAL_COMMANDS_H

#include "about.h"
#include "resource.h"

extern const struct resource terminal_commands;
req_step commands_read, commands_create, commands_cancel, commands_result;
about_teller commands_create_about;

#endif
