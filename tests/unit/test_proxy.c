/* Addresses and trusted proxies. */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "proxy.h"

static struct address address(const char *text)
{
	struct address a;

	assert(address_parse(text, strlen(text), &a));
	return a;
}

static bool bad(const char *text)
{
	struct address a;

	return !address_parse(text, strlen(text), &a);
}

static void is(const struct address *a, const char *expected)
{
	char text[INET6_ADDRSTRLEN];

	assert(strcmp(address_text(a, text), expected) == 0);
}

static void test_addresses(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	struct address a = address_of((struct sockaddr *)&v4);

	is(&a, "127.0.0.1");
	a = address("1.2.3.4:80");
	is(&a, "1.2.3.4");
	a = address("[2001:DB8::1]:443");
	is(&a, "2001:db8::1");
	a = address("::ffff:1.2.3.4");
	is(&a, "1.2.3.4");
	assert(bad("") && bad("a") && bad("1.2.3") && bad("[::1") && bad("[::1]x") && bad("::g"));
	assert(bad("11111111111111111111111111111111111111111111111111111111111"));
}

static bool trusted(const char *list, const char *text)
{
	const char *error;
	struct proxies *all = proxies_new(list, &error);
	struct address a = address(text);

	assert(all);
	bool yes = proxies_trust(all, &a);
	proxies_free(all);
	return yes;
}

static void test_networks(void)
{
	assert(trusted("10.0.0.0/8", "10.255.0.1"));
	assert(!trusted("10.0.0.0/8", "11.0.0.1"));
	assert(trusted("192.168.1.128/25", "192.168.1.200"));
	assert(!trusted("192.168.1.128/25", "192.168.1.100"));
	assert(trusted(" 1.1.1.1 , ::1,2001:db8::/33", "2001:db8:7fff::"));
	assert(!trusted("1.1.1.1,::1,2001:db8::/33", "2001:db8:8000::"));
	assert(trusted("1.1.1.1 ::1", "::1"));
	assert(trusted("0.0.0.0/0", "8.8.8.8") && !trusted("0.0.0.0/0", "::1"));
	assert(!trusted("", "127.0.0.1") && !trusted(NULL, "127.0.0.1"));
}

static void test_bad_lists(void)
{
	const char *const lists[] = { "x", "10.0.0.0/33", "10.0.0.0/", "::/129", "1.2.3.4/-1",
		"1.2.3.4,y" };
	const char *error;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		error = NULL;
		assert(!proxies_new(lists[i], &error) && strstr(error, "trusted_proxies"));
	}
}

static void client_is(const char *forwarded, bool found, const char *expected)
{
	const char *error;
	struct proxies *all = proxies_new("10.0.0.0/8", &error);
	struct address client = address("10.0.0.1");

	assert(proxies_client(all, forwarded, &client) == found);
	is(&client, expected);
	proxies_free(all);
}

static void test_forwarded(void)
{
	client_is("1.2.3.4", true, "1.2.3.4");
	client_is("6.6.6.6, 1.2.3.4:99 , 10.9.9.9", true, "1.2.3.4");
	client_is("10.0.0.2, 10.0.0.3", false, "10.0.0.2");
	client_is("1.2.3.4, unknown", true, "10.0.0.1");
	client_is("", false, "10.0.0.1");
	client_is("1.2.3.4,", true, "10.0.0.1");
}

int main(void)
{
	test_addresses();
	test_networks();
	test_bad_lists();
	test_forwarded();
	return 0;
}
