/* Command lines worded by clients: one verb that is known, in its form, on one line. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "command_line.h"

static unsigned flags;
static const char *verb;

static bool good(const char *line)
{
	const char *problem = command_line_check(line, &flags, &verb);
	if (problem)
		fprintf(stderr, "%s: %s\n", line, problem);
	return !problem;
}

static bool bad(const char *line)
{
	return command_line_check(line, &flags, &verb);
}

static void test_verbs(void)
{
	assert(good("REBOOT") && flags == 0 && strcmp(verb, "REBOOT") == 0);
	assert(good("CLEAR ALL USERINFO") && good("DATA QUERY USERINFO"));
	assert(good("DATA QUERY USERINFO PIN=7"));
	assert(good(
		"DATA QUERY ATTLOG StartTime=2026-07-01 00:00:00\tEndTime=2026-07-02 00:00:00"));
	assert(good("ENROLL_BIO TYPE=9\tPIN=123\tCardNo=\tRETRY=3\tOVERWRITE=1"));
	assert(good("DATA UPDATE USER_SMS PIN=1\tUID=2") &&
		strcmp(verb, "DATA UPDATE USER_SMS") == 0);
	assert(bad("") && !verb);
	assert(bad("REBOOT now") && bad("REBOOT ") && bad("reboot") && bad("REBOOTS"));
	assert(bad("DATA DELETE user uid=1") && bad("DATA") && bad("CONTROL DEVICE 03000000"));
	assert(bad("SET OPTIONS a=1,b=2") && bad("DATA QUERY tablename=user,fielddesc=*"));
}

static void test_forms(void)
{
	assert(bad("ENROLL_FP") && bad("ENROLL_FP ") && bad("ENROLL_FP  PIN=1"));
	assert(bad("ENROLL_FP PIN") && bad("ENROLL_FP =1") && bad("ENROLL_FP PIN=1\t"));
	assert(bad("ENROLL_FP PIN=1\tFID") && bad("ENROLL_FP P N=1"));
	assert(good("ENROLL_FP PIN=") && good("DATA UPDATE SMS MSG=a=b c\tTAG=253"));
	assert(bad("ENROLL_FP PIN=1 PIN=2") && bad("ENROLL_FP FID=1\tPIN=1  pin=2\tRETRY=3"));
	assert(bad("DATA DELETE WORKCODE Code=1 2 Pin=") && bad("DATA UPDATE SMS UID=1 MSG=a"));
	assert(good("DATA UPDATE SMS MSG=Room =5, a b=c\tUID=1") && good("ENROLL_FP PIN=1 =2"));
	assert(bad("INFO\nC:9:REBOOT") && bad("DATA UPDATE SMS MSG=a\rb"));
	assert(bad("DATA UPDATE SMS MSG=a\177") && bad("DATA UPDATE SMS MSG=\1"));
}

static void test_options(void)
{
	assert(good("SET OPTION Delay=10") && flags == 0);
	assert(good("SET OPTION ~Mine=a,b") && good("SET OPTION X="));
	assert(good("SET OPTION WebServerIP=1.2.3.4") && flags == COMMAND_STRANDS);
	assert(good("SET OPTION IclockSvrURL=x") && flags == COMMAND_STRANDS);
	assert(good("SET OPTION dhcp=1") && flags == COMMAND_STRANDS);
	assert(bad("SET OPTION Delay=10\tWebServerIP=1") && bad("SET OPTION Delay"));
	assert(bad("SET OPTION a=1,Delay=10") && bad("SET OPTION a=1,~b=2"));
	assert(bad("SET OPTION =1") && bad("SET OPTION a b=1"));
	assert(bad("SET OPTION DateTime=2026-01-01 00:00:00") && bad("SET OPTION ~datetime=1"));
}

static void test_what_is_dangerous_or_secret(void)
{
	assert(good("SHELL ls /") && flags == COMMAND_DANGEROUS && strcmp(verb, "SHELL") == 0);
	assert(good("PutFile http://h/x\t/mnt/x") && flags == COMMAND_DANGEROUS);
	assert(good("GetFile /etc/passwd") && flags == COMMAND_DANGEROUS);
	assert(good("UPGRADE type=1,checksum=x,size=1,url=u") && flags == COMMAND_DANGEROUS);
	assert(bad("SHELL a\tb") && bad("SHELL"));
	assert(bad("DATA UPDATE USERINFO PIN=1\tPasswd=1") && bad("DATA USER PIN=1"));
	assert(bad("DATA UPDATE BIODATA Pin=1") && bad("DATA FP PIN=1\tFID=0"));
	assert(bad("ENROLL_BIO TYPE=9\tPIN=1\tCardNo=123") && bad("DATA UPDATE SMS passwd=1"));
	assert(bad("SET OPTION ComPwd=1") && bad("SET OPTION ~PushCommKey=1"));
	assert(good("DATA DELETE USERINFO PIN=1") && good("DATA DEL_USER PIN=1"));
}

static void test_length(void)
{
	char line[COMMAND_LINE_MAX + 10] = "SHELL ";
	memset(line + 6, 'x', COMMAND_LINE_MAX - 6);
	assert(good(line));
	line[COMMAND_LINE_MAX] = 'x';
	assert(bad(line));
}

int main(void)
{
	test_verbs();
	test_forms();
	test_options();
	test_what_is_dangerous_or_secret();
	test_length();
	return 0;
}
