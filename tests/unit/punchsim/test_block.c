/* Option blocks that real terminals accepted. */
#include "block.h"
#include "check.h"

static bool parse(const char *text, const char *sn, bool old, struct block *b)
{
	*b = (struct block){ .delay = 10, .error_delay = 30, .realtime = true, .trans = TF_ALL };
	return block_parse(slice_text(text), sn, old, b);
}

int main(void)
{
	struct block b;

	assert(parse("GET OPTION FROM: 0066\nStamp=null\nOpStamp=null\nErrorDelay=120\nDelay=60\n"
		     "TransTimes=null\nTransFlag=1111000000\nRealtime=1\nEncrypt=0",
		"0066", true, &b));
	assert(b.again_attlog && b.again_operlog && !b.again_biodata && b.delay == 60);
	assert(b.error_delay == 120 && !b.has_zone && b.realtime);
	assert(b.trans == (TF_ATTLOG | TF_OPLOG | TF_ATTPHOTO | TF_ENROLLFP));

	assert(parse("GET OPTION FROM: X\r\nStamp=9999\r\nATTLOGStamp=0\r\nOPERLOGStamp=9999\r\n"
		     "BIODATAStamp=None\r\nTransFlag=TransData AttLog\tChgUser\tBioPhoto\r\n"
		     "TimeZone=330\r\nRealtime=0\r\nMultiBioDataSupport=0:1:0\r\n",
		"X", false, &b));
	assert(b.again_attlog && !b.again_operlog && b.again_biodata && !b.realtime);
	assert(b.trans == (TF_ATTLOG | TF_CHGUSER | TF_BIOPHOTO) && b.zone == 19800);
	assert(b.biodata_announced && b.has_zone);

	/* an old terminal does not know the stamps named after tables */
	assert(parse("GET OPTION FROM: X\nATTLOGStamp=0\nStamp=7\n", "X", true, &b));
	assert(!b.again_attlog);
	/* a new one falls back to the old ones */
	assert(parse("GET OPTION FROM: X\nStamp=0\n", "X", false, &b) && b.again_attlog);

	assert(!parse("OK", "X", false, &b) && !parse("", "X", false, &b));
	assert(!parse("GET OPTION FROM: Y\nDelay=1\n", "X", false, &b) && b.delay == 10);
	assert(block_trans(slice_text("0000000000")) == TF_ATTPHOTO);
	assert(block_trans(slice_text("1")) == TF_ATTLOG);
	return 0;
}
