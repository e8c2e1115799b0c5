/* Handlers of /iclock/api/transactions/. */
#ifndef TRANSACTIONS_H
#define TRANSACTIONS_H

#include "about.h"
#include "req.h"

req_step transactions_list, transactions_read, transactions_delete, transactions_export;

about_teller transactions_about;

#endif
