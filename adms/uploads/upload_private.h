/* What the files of uploads share: upload.c, upload_records.c, upload_files.c, upload_pack.c,
 * querydata.c. */
#ifndef UPLOAD_PRIVATE_H
#define UPLOAD_PRIVATE_H

#include "contact.h"
#include "ingest.h"
#include "pieces.h"
#include "upload_log.h"

/* An upload on its way. Where it is large a thread works on it: then nothing else does. */
struct upload {
	const char *table; /* upper case; what the log of uploads calls it */
	const char *of; /* the table that its lines are of: another where the request wraps them */
	const char *stamp; /* NULL: none that may be stored */
	const char *body;
	size_t len;
	int lines;
	bool bare; /* answered "OK" without a count */
	struct req *req;
	const struct terminal *terminal; /* a copy where a thread reads it */
	req_step *handler; /* of the table */
	bool by_lines; /* they are read one by one */
	bool mixed; /* they may be anything: records go their way, the others are put aside */
	bool asked; /* they answer a query of ours */
	const char *query; /* its id, when this answer ends it; querydata.c */
	bool comb; /* it is large, and nothing needs its blank lines */
	struct upload_counts counts; /* for the log of uploads; lines as above */
	/* punches */
	struct ingest_job job;
	bool durable;
	struct arena *piece; /* what is made of the body, or of the piece at work */
	/* records */
	struct pieces pieces;
	struct intake_told told;
	bool asks_fresh; /* the last statement says how much of the piece is new */
	bool waits; /* it is held until the terminal is approved, */
	struct keeping *keeping; /* held.c: in this form */
	/* packed */
	struct package *package;
	bool unfit; /* it is not what it is called: to be kept raw */
	/* all kinds but records: what stores it */
	struct db_statement *statements; /* room for UPLOAD_STATEMENTS */
	int nstatements;
};

enum { UPLOAD_STATEMENTS = RECORDS_STATEMENTS + PIECES_MORE /* the stamp, how much was new */ };

static inline struct upload *upload_of(struct req *r)
{
	return contact_of(r)->data;
}

/* upload.c: work(upload) computes; where there is much of it, on a thread. */
void upload_work(struct req *, void (*work)(void *), req_step *next);

/* upload.c: what upload_work() may use in place of the terminal. */
const struct terminal *upload_terminal(struct req *);

/* upload.c: a fresh u->piece in place of the one before. It ends with the request. */
struct arena *upload_piece(struct req *);

/* upload.c: how long a statement of all of it may take. */
int64_t upload_deadline_ms(const struct upload *);

/* upload.c: a word of a request that may be stored and said again. */
bool upload_word_ok(const char *word);

/* upload.c: the beginning of an upload of a table, once the request's data is it. */
void upload_begin(struct req *, struct upload *, const char *table);

/* upload.c: for the log of uploads. */
void upload_count(struct req *);

/* upload.c: answers OK; upload_reply() counts it, too. */
void upload_answer(struct req *);
void upload_reply(struct req *);

/* upload.c: what it brought is not kept, as its terminal waits: acknowledged and counted. */
req_step upload_ignored;

/* upload.c: to the handler of its table, or to be held. */
req_step upload_handle;

/* upload.c: counts it as failed and says why. */
void upload_fail(struct req *, const char *reason);

/* upload.c: says in the log that the statement just tried failed; once for all that fail while the
 * database is away. */
void upload_tell_failure(struct req *, int lines);

/* upload.c: the statement that stores its stamp, with the data or after it; 0: none, 1: one. */
int upload_stamp_statement(struct req *, struct db_statement *out);

/* upload.c: what it brought is committed; replies. */
req_step upload_kept;

/* upload_records.c: OPERLOG and its kin. */
req_step upload_records;

/* upload_files.c. Raw: kept as it came, with the target that says what it was. */
req_step upload_attphoto, upload_fpimage, upload_raw;

/* upload_files.c: the last statement of an upload: how much of what is kept once was new. */
extern const struct db_statement upload_fresh_statement;

/* upload_pack.c: ContentType=tgz. Replaces the body by the lines it holds, then calls u->handler; a
 * package that is none is kept as it came. */
bool upload_is_packed(struct req *);
void upload_unpack(struct req *);

#endif
