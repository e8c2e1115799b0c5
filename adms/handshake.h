/* GET cdata: the options of a terminal. */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "req.h"

req_step handshake_start;

#endif
