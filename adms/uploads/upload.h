/* What terminals post, by where they post it. */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "req.h"

req_step upload_start; /* POST cdata, edata */

/* POST cdata with options= and no table: a handshake whose lines say what others say later (adms-push 1.1,
 * 2.9). They are kept first. */
void upload_hello(struct req *, req_step *then);

req_step upload_photo; /* POST fdata */
req_step query_answer; /* POST querydata */

#endif
