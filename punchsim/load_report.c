/* The one JSON object that the load command prints. */
#include "load_private.h"

#include <sys/resource.h>

double cpu_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void latency_print(const char *name, const struct hist *h)
{
	printf(", \"%s\": {\"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f, \"max\": %.3f}", name,
		hist_ms(h, 0.5), hist_ms(h, 0.95), hist_ms(h, 0.99), (double)h->max / 1000.0);
}

void load_report(const struct load *l, bool complete)
{
	const struct counters *c = &l->main;
	double seconds = (double)(l->ended - l->started) / 1e6;
	double cpu = cpu_seconds() - l->cpu_before;
	uint64_t all = c->requests + l->heartbeats.requests;

	if (seconds <= 0)
		seconds = 1e-6;
	printf("{\"mode\": \"%s\", \"terminals\": %u, \"complete\": %s, \"seconds\": %.3f",
		l->set->mode, l->terminals, complete ? "true" : "false", seconds);
	printf(", \"requests\": %llu, \"requests_per_s\": %.1f", (unsigned long long)c->requests,
		(double)c->requests / seconds);
	printf(", \"lines_sent\": %llu, \"lines_acked\": %llu, \"distinct_acked\": %llu",
		(unsigned long long)c->lines_sent, (unsigned long long)c->lines_acked,
		(unsigned long long)c->fresh_acked);
	printf(", \"lines_per_s\": %.1f", (double)c->lines_acked / seconds);
	printf(", \"errors\": %llu, \"resends\": %llu, \"missed\": %llu",
		(unsigned long long)c->errors, (unsigned long long)c->resends,
		(unsigned long long)l->missed);
	latency_print("latency_ms", &c->latency);
	if (l->beats) {
		latency_print("heartbeat_latency_ms", &l->heartbeats.latency);
		printf(", \"heartbeats\": %llu, \"heartbeat_errors\": %llu",
			(unsigned long long)l->heartbeats.requests,
			(unsigned long long)l->heartbeats.errors);
	}
	printf(", \"cpu_seconds\": %.3f, \"cpu_us_per_request\": %.2f", cpu,
		all ? cpu * 1e6 / (double)all : 0);
	if (l->last_error[0])
		printf(", \"last_error\": \"%s\"", l->last_error);
	printf("}\n");
	fflush(stdout);
}
