/* Made-up people for demonstrations. */
#include "names.h"
#include "base.h"

#include <stdio.h>

static const char *const first[] = { "Aisha", "Ben", "Carla", "Dmitri", "Elena", "Farid", "Grace",
	"Hiro", "Ines", "Jonas", "Kamala", "Liam", "Mei", "Noor", "Omar", "Priya", "Quentin",
	"Rosa", "Samuel", "Tuan", "Uma", "Viktor", "Wanjiru", "Ximena", "Yusuf", "Zofia" };

static const char *const last[] = { "Abebe", "Baker", "Costa", "Dang", "Eriksen", "Fernandes",
	"Garcia", "Haddad", "Ivanova", "Joshi", "Khan", "Lopez", "Mwangi", "Nguyen", "Okafor",
	"Patel", "Reyes", "Sharma", "Tanaka", "Umar", "Vargas", "Weber", "Yilmaz" };

void name_make(unsigned n, char out[32])
{
	snprintf(out, 32, "%s %s", first[n % LEN(first)],
		last[(n * 7 + n / LEN(first)) % LEN(last)]);
}
