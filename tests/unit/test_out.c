/* The reply buffer and its writers. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "out.h"

static struct out o;

static void is(const char *expected)
{
	assert(o.len == strlen(expected));
	assert(memcmp(o.bytes, expected, o.len) == 0);
	out_reset(&o);
}

static void test_int(void)
{
	out_int(&o, 0);
	out_addn(&o, " ", 1);
	out_int(&o, INT64_MIN);
	out_addn(&o, " ", 1);
	out_int(&o, INT64_MAX);
	is("0 -9223372036854775808 9223372036854775807");
}

static void test_growth(void)
{
	for (int i = 0; i < 100000; i++)
		out_addn(&o, "0123456789", 10);
	assert(o.len == 1000000 && o.cap >= o.len);
	assert(memcmp(o.bytes + 999990, "0123456789", 10) == 0);
	out_free(&o);
	assert(!o.bytes && !o.cap);
}

static void test_json_shape(void)
{
	json_open(&o, '{');
	json_key(&o, "a");
	json_int(&o, -1);
	json_key(&o, "b");
	json_open(&o, '[');
	json_close(&o, ']');
	json_key(&o, "c");
	json_open(&o, '[');
	json_text(&o, NULL);
	json_bool(&o, true);
	json_open(&o, '{');
	json_close(&o, '}');
	json_raw(&o, "[1]");
	json_close(&o, ']');
	json_key(&o, "d\"");
	json_bool(&o, false);
	json_close(&o, '}');
	is("{\"a\":-1,\"b\":[],\"c\":[null,true,{},[1]],\"d\\\"\":false}");
}

static void test_json_text(void)
{
	json_text(&o, "a\"b\\c/\n\r\t\b\f\x01\x1f\x7f");
	is("\"a\\\"b\\\\c/\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\"");
	json_text(&o, "\xe2\x80\xa8x\xe2\x80\xa9\xe2\x80\xa7\xe2\x82\xac\xe2");
	is("\"\\u2028x\\u2029\xe2\x80\xa7\xe2\x82\xac\xe2\"");
	json_textn(&o, "\xe2\x80\xa8", 2);
	is("\"\xe2\x80\"");
	json_textn(&o, "a\0b", 3);
	is("\"a\\u0000b\"");
	json_text(&o, "");
	is("\"\"");
}

static void double_is(double n, const char *expected)
{
	json_double(&o, n);
	is(expected);
}

static void test_json_double(void)
{
	double_is(0.0, "0.0");
	double_is(-0.0, "-0.0");
	double_is(36.5, "36.5");
	double_is(-36.6, "-36.6");
	double_is(1.0, "1.0");
	double_is(100.0, "100.0");
	double_is(0.1, "0.1");
	double_is(0.1 + 0.2, "0.30000000000000004");
	double_is(0.0001, "0.0001");
	double_is(0.00001, "1e-05");
	double_is(1.5e-7, "1.5e-07");
	double_is(1e15, "1000000000000000.0");
	double_is(1e16, "1e+16");
	double_is(123456789012345680.0, "1.2345678901234568e+17");
	double_is(9007199254740993.0, "9007199254740992.0");
	double_is(1.7976931348623157e308, "1.7976931348623157e+308");
	double_is(5e-324, "5e-324");
	double_is(INFINITY, "null");
	double_is(NAN, "null");
}

static void test_csv(void)
{
	csv_text(&o, ',', true, "plain");
	csv_text(&o, ',', false, "a,b");
	csv_text(&o, ',', false, "say \"hi\"");
	csv_text(&o, ',', false, NULL);
	csv_text(&o, ',', false, "two\nlines");
	csv_raw(&o, ',', false, "-1", 2);
	csv_end(&o);
	is("plain,\"a,b\",\"say \"\"hi\"\"\",,\"two\nlines\",-1\r\n");
	csv_text(&o, ';', true, "=1+1");
	csv_text(&o, ';', false, "-a");
	csv_text(&o, ';', false, "@x;");
	csv_text(&o, ';', false, "\tx");
	csv_text(&o, ';', false, "a,b");
	is("'=1+1;'-a;\"'@x;\";'\tx;a,b");
	csv_text(&o, ';', true, "\uff1d1+1");
	csv_text(&o, ';', false, "\uff0ba");
	csv_text(&o, ';', false, "\uff0da;");
	csv_text(&o, ';', false, " \u3000\uff20x");
	csv_text(&o, ';', false, "\uff1e=");
	csv_text(&o, ';', false, "\ufe661");
	csv_text(&o, ';', false, "\n1");
	is("'\uff1d1+1;'\uff0ba;\"'\uff0da;\";' \u3000\uff20x;\uff1e=;'\ufe661;\"'\n1\"");
}

int main(void)
{
	out_init(&o);
	test_int();
	test_growth();
	test_json_shape();
	test_json_text();
	test_json_double();
	test_csv();
	out_free(&o);
	return 0;
}
