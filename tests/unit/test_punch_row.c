#include "punch_row.h"

#include <assert.h>
#include <string.h>

static struct punch_row row(void)
{
	return (struct punch_row){
		.key = { .id = 101, .time = 1757669792000000, .pin = 1, .origin = 1 },
		.upload_time = 1757669794999999,
		.state = 0,
		.verify = 15,
		.mask = -1,
		.temperature = 36.6f,
		.work_code = "0",
		.person = { .emp = 41, .code = "1001", .first_name = "=A", .department = "a,b" },
		.place = { "Head \"office\"", "T1", "Main gate" },
	};
}

static void test_json(void)
{
	static const char want[] =
		"{\"id\":101,\"emp\":41,\"emp_code\":\"1001\",\"first_name\":\"=A\",\"last_name\":null,"
		"\"department\":\"a,b\",\"position\":null,\"punch_time\":\"2025-09-12 09:36:32\","
		"\"punch_state\":\"0\",\"punch_state_display\":\"Check In\",\"verify_type\":15,"
		"\"verify_type_display\":\"Face\",\"work_code\":\"0\",\"gps_location\":\"\","
		"\"area_alias\":\"Head \\\"office\\\"\",\"terminal_sn\":\"T1\",\"temperature\":36.6,"
		"\"is_mask\":null,\"terminal_alias\":\"Main gate\","
		"\"upload_time\":\"2025-09-12 09:36:34\"}";
	struct punch_row r = row();
	struct out o;

	out_init(&o);
	json_open(&o, '[');
	punch_row_json(&o, &r);
	punch_row_json(&o, &r);
	json_close(&o, ']');
	assert(o.len == 2 * strlen(want) + 3);
	assert(memcmp(o.bytes + 1, want, strlen(want)) == 0);
	assert(o.bytes[strlen(want) + 1] == ',');
	out_free(&o);
}

static void cells_expect(const char *list, const char *want)
{
	const struct punch_cells cells = punch_cells_read(list);
	struct punch_row r = row();
	struct out o;

	out_init(&o);
	punch_cells_header(&o, &cells, ';');
	punch_cells_row(&o, &cells, ';', &r);
	assert(o.len == strlen(want) && memcmp(o.bytes, want, o.len) == 0);
	out_free(&o);
}

static void test_cells(void)
{
	cells_expect("emp,emp_code", "emp;emp_code\r\n41;1001\r\n");
	cells_expect(" first_name ,x,last_name,department",
		"first_name;last_name;department\r\n'=A;;a,b\r\n");
	cells_expect("temperature,is_mask,upload_time",
		"temperature;is_mask;upload_time\r\n36.6;;2025-09-12 09:36:34\r\n");
	cells_expect("area_alias", "area_alias\r\n\"Head \"\"office\"\"\"\r\n");
	assert(punch_cells_read(NULL).n == PUNCH_CELLS_DEFAULT);
	assert(punch_cells_read(",,x").n == PUNCH_CELLS_DEFAULT);
	assert(punch_cells_read("id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id,id")
			.n == PUNCH_CELLS);
}

static void temperature_expect(float t, const char *want)
{
	struct punch_row r = row();
	const struct punch_cells cells = punch_cells_read("temperature");
	struct out o;

	r.temperature = t;
	out_init(&o);
	punch_cells_row(&o, &cells, ',', &r);
	assert(o.len == strlen(want) + 2 && memcmp(o.bytes, want, strlen(want)) == 0);
	out_free(&o);
}

static void test_temperatures(void)
{
	temperature_expect(0, "0.0");
	temperature_expect(100, "100.0");
	temperature_expect(98.6f, "98.6");
	temperature_expect(-1.5f, "-1.5");
	temperature_expect(1e20f, "1e+20");
}

int main(void)
{
	test_json();
	test_cells();
	test_temperatures();
	return 0;
}
