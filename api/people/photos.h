/* Pictures of employees, and comparison photos with their approval. */
#ifndef PHOTOS_H
#define PHOTOS_H

#include "about.h"
#include "resource.h"

/* Of the employee :id; read_named: of :name, "<emp_code>.jpg". */
req_step photo_read, photo_read_named, photo_write, photo_delete;

/* The picture of an employee as the reply, or 404. */
void photo_reply_of(struct req *, int32_t employee);

extern const struct resource bio_photos;

/* POST of one; its picture; POST {id}/approve/ and reject/, route->spec is the word. */
req_step bio_photo_create, bio_photo_picture, bio_photo_judge;

about_teller photo_about, bio_photo_about;

#endif
