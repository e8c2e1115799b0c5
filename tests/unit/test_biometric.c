/* Which lines and tables hold what people are made of. */
#include <assert.h>
#include <string.h>

#include "biometric.h"

static bool line(const char *table, const char *text)
{
	struct record r;
	struct span s = { text, strlen(text) };
	record_parse(s, record_table_kind(span_of(table)), &r);
	return biometric_line(table, &r);
}

int main(void)
{
	assert(line("OPERLOG", "FP PIN=1\tFID=1\tTMP=AA"));
	assert(line("OPERLOG", "USERPIC PIN=1\tContent=AA") && line("operlog", "BIOPHOTO PIN=1"));
	assert(line("BIODATA", "Pin=1\tTmp=AA") && line("biodata", "rubbish") && line("FACE", ""));
	assert(line("OPERLOG", "WHAT PIN=1\ttmp=AA"));
	assert(!line("OPERLOG", "USER PIN=1\tName=TMP") && !line("OPERLOG", "OPLOG 4\t1"));
	assert(!line("OPERLOG", "rubbish") && line("IDCARD", "PIN=1\tPhoto=AA"));
	assert(biometric_table("ATTPHOTO") && biometric_table("attphoto"));
	assert(biometric_table("templatev10") && biometric_table("BioData2"));
	assert(biometric_table("OPERLOG") && biometric_table("TABLEDATA"));
	assert(!biometric_table("ATTLOG") && !biometric_table("SMS") && !biometric_table("?"));
	assert(!biometric_table("RTLOG") && !biometric_table("ERRORLOG"));
	return 0;
}
