/* Passwords that are guessed first. */
#include "password_rule.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fatal.h"

enum {
	WORD_MAX = 32, /* bytes; no common one is longer */
	ADDED_MAX = 6, /* digits and signs that make no other password of a common one */
	RUN_LEAST = 3, /* "abc" */
	PIECES_LEAST = 5, /* runs and single characters */
	DISTINCT_LEAST = 4,
	NAME_LEAST = 3
};

/* The most common ones of many leaks, and those of this trade: lower case, and without what is put
 * around them ("Password-1!"), unless digits are a part of them. A blank before and after each. */
static const char common[] =
	" "
	"password passwort passwd passphrase parola contrasena motdepasse wachtwoord senha haslo "
	"salasana pass passw passme mypass mypassword yourpassword newpassword oldpassword "
	"changeme changeit change changethis default defaultpassword secret secrets topsecret "
	"letmein letmeinnow welcome welcomeback welcometo login logmein access accessdenied "
	"enter entrance open opensesame sesame admin administrator adminadmin administrateur "
	"superadmin superuser sysadmin webadmin root rootroot toor user username guest test "
	"tester testing testtest demo demodemo temp temporary temppass trustno service support "
	"system server manager supervisor operator master mastermind company office employee "
	"staff human security secure secured private public internet computer network wireless "
	"database oracle postgres postgresql mysql mariadb sqlserver linux ubuntu debian windows "
	"microsoft google facebook twitter instagram whatsapp linkedin youtube amazon apple "
	"iphone samsung nokia android motorola huawei xiaomi cisco dell lenovo zkteco zksoftware "
	"zkbio zkbiotime zktime zkaccess zkbiosecurity biotime biometric biometrics colorkey "
	"solokey punchd attendance timeclock timecard fingerprint terminal qwerty qwert "
	"qwertyuiop qwertz qwertzuiop azerty azertyuiop asdf asdfg asdfgh asdfghjkl zxcvbn "
	"zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc wasd zaqwsx dragon monkey tiger lion panther "
	"eagle falcon phoenix wolf wolves bear cheetah dolphin dolphins butterfly spider "
	"scorpion snake cobra viper shark penguin panda rabbit bunny kitty kitten hellokitty "
	"puppy doggy dogs cats horse horses pony turtle football soccer baseball basketball "
	"hockey tennis golf golfer cricket rugby volleyball softball wrestling boxing racing "
	"arsenal chelsea liverpool barcelona realmadrid juventus manchester united lakers "
	"yankees cowboys steelers redsox rangers packers raiders eagles giants bulldog bulldogs "
	"wildcats warriors superman batman spiderman ironman wolverine avengers starwars "
	"startrek pokemon pikachu minecraft fortnite nintendo playstation xbox mario zelda sonic "
	"naruto gandalf matrix hunter gamer killer slayer assassin ninja samurai pirate wizard "
	"warrior knight princess prince queen king kingdom angel angels heaven devil demon "
	"lucifer satan jesus jesuschrist christ christian church blessed faith grace mercy "
	"praise forever iloveyou iloveu loveyou loveme lovely lover lovers love mylove truelove "
	"babygirl babyboy baby honey sweetheart sweet sweetie sweety sugar cookie chocolate "
	"candy cupcake cherry strawberry banana orange lemon apples pumpkin peanut butter cheese "
	"pepper ginger cinnamon coffee whiskey tequila sunshine sunflower sunset summer winter "
	"spring autumn january february march april june july august september october november "
	"december monday tuesday wednesday thursday friday saturday sunday morning midnight "
	"rainbow flower flowers rose lily daisy jasmine violet garden mountain ocean river "
	"island forest thunder lightning storm blizzard diamond crystal silver golden gold "
	"platinum purple yellow green blue black white red michael michelle jennifer jessica "
	"ashley amanda daniel daniela matthew andrew anthony joshua christopher nicholas nicole "
	"robert richard william thomas charles charlie george harley jordan taylor austin dallas "
	"london paris berlin madrid moscow boston denver chicago newyork texas california "
	"florida hannah samantha elizabeth victoria stephanie vanessa melissa alexander "
	"alexandra benjamin jonathan patrick maggie buster cooper bailey tucker rocky shadow "
	"smokey snoopy tigger winnie garfield mickey minnie donald scooby barney hello "
	"helloworld hellohello hallo whatever nothing something anything everything everyone "
	"nobody freedom liberty peace harmony happy happiness lucky money dollar million rich "
	"power powerful energy magic mystery secretword friend friends family mother father "
	"brother sister mama papa mommy daddy please thankyou goodluck goodbye fuckyou fuckme "
	"fuckoff asshole bullshit shithead bitch sexy hottie hotdog pussy corvette mustang "
	"ferrari porsche mercedes toyota honda yamaha suzuki kawasaki harleydavidson bmw audi "
	"camaro trustnoone iamgod godmode letmego allinone anonymous unknown hacker hacked blink "
	"metallica nirvana slipknot eminem beatles pinkfloyd guitar music dancer dancing student "
	"teacher doctor nurse police soldier marine army navy 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y "
	"1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1 zaq1xsw2 q1w2e3r4 q1w2e3r4t5 qwe123qwe "
	"123qweasd 123qwe 12qwaszx a1b2c3d4 a1b2c3 147258369 147852369 159753456 789456123 "
	"741852963 963852741 987456321 1472583690 13572468 24681357 31415926 27182818 12344321 "
	"123454321 12341234 11235813 10203040 1234qwer qwer1234 asdf1234 1234asdf abcd1234 "
	"1234abcd 789456 456789 123654789 321654987 0123456 5201314 woaini1314 woaini520 ";

/* --- spelling ------------------------------------------------------------------------------- */

static char *lower(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* Signs that stand for letters; 1 is an i or an l. */
static char *spelled(struct arena *a, const char *text, char one)
{
	static const char signs[] = "013457@$!", letters[] = "oieastasi";
	char *copy = arena_strdup(a, text);

	for (char *c = copy; *c; c++) {
		const char *sign = strchr(signs, *c);
		if (sign)
			*c = *c == '1' ? one : letters[sign - signs];
	}
	return copy;
}

/* Without what is no letter at both ends. */
static const char *stem(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && !isalpha((unsigned char)text[n - 1]))
		n--;
	while (n > 0 && !isalpha((unsigned char)*text)) {
		text++;
		n--;
	}
	return arena_memdup(a, text, n);
}

/* --- common ones ---------------------------------------------------------------------------- */

static bool word_is_common(const char *word)
{
	char between_blanks[WORD_MAX + 3];

	if (strchr(word, ' ') || !*word || strlen(word) > WORD_MAX)
		return false;
	snprintf(between_blanks, sizeof(between_blanks), " %s ", word);
	return strstr(common, between_blanks) != NULL;
}

static bool is_common(struct arena *a, const char *text)
{
	const char *word = stem(a, text);

	if (word_is_common(text))
		return true;
	for (const char *one = "il"; *one; one++)
		if (word_is_common(spelled(a, text, *one)) ||
			(strlen(text) - strlen(word) <= ADDED_MAX &&
				(word_is_common(word) || word_is_common(spelled(a, word, *one)))))
			return true;
	return false;
}

/* --- plain ones ----------------------------------------------------------------------------- */

/* How far b stands behind a where keys or letters have an order; other than -1 to 1: nowhere. */
static int step(char a, char b)
{
	static const char *const rows[] = { "01234567890", "abcdefghijklmnopqrstuvwxyz",
		"qwertyuiop", "asdfghjkl;", "zxcvbnm,./", "qwertzuiop", "yxcvbnm", "azertyuiop",
		"qsdfghjklm", "wxcvbn", "!@#$%^&*()" };

	if (a == b)
		return 0;
	for (size_t i = 0; i < LEN(rows); i++)
		for (const char *c = rows[i]; c[1]; c++) {
			if (c[0] == a && c[1] == b)
				return 1;
			if (c[0] == b && c[1] == a)
				return -1;
		}
	return 2;
}

/* How many characters the run has that begins here: "aaa", "abc", "112233", "rewq". */
static size_t run_length(const char *text)
{
	int way = 0;
	size_t n = 1;

	for (; text[n]; n++) {
		int s = step(text[n - 1], text[n]);
		if (s == 2 || (s != 0 && way != 0 && s != way))
			break;
		if (s != 0)
			way = s;
	}
	return n;
}

/* Something is only repeated: how long that is; else all of it. */
static size_t period(const char *text)
{
	size_t n = strlen(text);

	for (size_t p = 1; p <= n / 2; p++)
		if (n % p == 0 && memcmp(text, text + p, n - p) == 0)
			return p;
	return n;
}

static bool is_plain(const char *text)
{
	bool seen[256] = { false };
	int distinct = 0, pieces = 0;

	for (const char *c = text; *c; c++) {
		distinct += !seen[(unsigned char)*c];
		seen[(unsigned char)*c] = true;
	}
	while (*text) {
		size_t n = run_length(text);
		text += n >= RUN_LEAST ? n : 1;
		pieces++;
	}
	return distinct < DISTINCT_LEAST || pieces < PIECES_LEAST;
}

/* --- names ---------------------------------------------------------------------------------- */

/* A word of some length must not be in it. What is short, or a number, may be there by chance: then
 * the rest counts. */
static bool says(const char *text, const char *name)
{
	size_t n = strlen(name), whole = strlen(text);
	bool number = strspn(name, "0123456789") == n;

	if (n < NAME_LEAST)
		return strcmp(text, name) == 0;
	if (!strstr(text, name))
		return false;
	return (n > NAME_LEAST && !number) || whole - n < PASSWORD_LEAST;
}

static bool says_name(struct arena *a, const char *text, const char *name)
{
	const char *word = lower(a, name), *at = strchr(word, '@');

	if (at && at > word && says_name(a, text, arena_memdup(a, word, (size_t)(at - word))))
		return true;
	return says(text, word) || says(spelled(a, text, 'i'), word) ||
	       says(spelled(a, text, 'l'), word);
}

const char *password_flaw(
	struct arena *a, const char *password, const struct password_name *names, int n)
{
	char *text = lower(a, password);

	if (strlen(text) < PASSWORD_LEAST)
		return arena_printf(
			a, "The password must have at least %d characters.", (int)PASSWORD_LEAST);
	for (int i = 0; i < n; i++)
		if (names[i].text && *names[i].text && says_name(a, text, names[i].text))
			return arena_printf(
				a, "The password is too similar to the %s.", names[i].label);
	size_t once = period(text);
	bool repeats = text[once] && once < PASSWORD_LEAST;
	text[once] = '\0';
	if (is_common(a, text))
		return "This password is too common.";
	if (repeats || is_plain(text))
		return "This password is too simple: it only repeats or follows an order.";
	return NULL;
}
