/* SPDX-License-Identifier: MIT */
/* The ring of events and its JSON, which Python parses; percentiles out of buckets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "base/trace.h"
#include "base/util.h"

static char *written(const struct trace *trace)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	trace_write_json(trace, out);
	fclose(out);
	return text;
}

/* Gives the JSON to a Python program, which asserts what it likes of `events` (without metadata) and `all`. */
static void expect(const struct trace *trace, const char *assertions)
{
	static const char loader[] =
		"import json,sys\n"
		"everything=json.load(sys.stdin)['traceEvents']\n"
		"events=[e for e in everything if e['ph']!='M']\n"
		"names={(e['pid'],e['tid']):e['args']['name'] for e in everything\n"
		"       if e['name']=='thread_name'}\n"
		"kinds={e['pid']:e['args']['name'] for e in everything\n"
		"       if e['name']=='process_name'}\n";
	char path[] = "/tmp/vitrine-trace-XXXXXX";
	int fd = mkstemp(path);
	FILE *program = fdopen(fd, "w");
	char *command = xasprintf("python3 %s", path);
	FILE *python;

	assert_non_null(program);
	fprintf(program, "%s%s", loader, assertions);
	fclose(program);
	python = popen(command, "w"); /* NOLINT(cert-env33-c): of our own making */
	assert_non_null(python);
	trace_write_json(trace, python);
	assert_int_equal(pclose(python), 0);
	unlink(path);
	free(command);
}

static void an_empty_trace_is_valid(void **state)
{
	struct trace *trace = trace_create(4);

	(void)state;
	expect(trace, "assert events == []\n");
	trace_destroy(trace);
	trace_add(NULL, TRACE_FLIP, trace_track(NULL, "guest", "work"), 1, 0, 0);
}

static void moments_durations_and_frames_have_their_forms(void **state)
{
	struct trace *trace = trace_create(16);
	unsigned guest = trace_track(trace, "guest", "work");
	unsigned output = trace_track(trace, "monitor", "HDMI-A-1");

	(void)state;
	assert_int_equal(trace_track(trace, "guest", "work"), guest);
	assert_int_not_equal(trace_track(trace, "monitor", "work"), guest);
	trace_add(trace, TRACE_COMMIT, guest, 1000007, 0, 41);
	trace_add(trace, TRACE_DRAW, output, 2000000, 350001, 8192);
	trace_add(trace, TRACE_FRAME, guest, 1000007, 16000000, 3);
	expect(trace,
	       "commit,draw,count,begin,end=events\n"
	       "assert commit['ph']=='i' and commit['ts']==1000.007 and commit['args']=={'head':41}\n"
	       "assert names[commit['pid'],commit['tid']]=='work'\n"
	       "assert kinds[commit['pid']]=='guests'\n"
	       "assert draw['ph']=='X' and draw['dur']==350.001 and draw['args']['bytes']==8192\n"
	       "assert names[draw['pid'],draw['tid']]=='HDMI-A-1' and kinds[draw['pid']]=='monitors'\n"
	       "assert count['ph']=='C' and count['args']=={'bytes':8192} and 'HDMI-A-1' in count['name']\n"
	       "assert begin['ph']=='b' and end['ph']=='e' and begin['id']==end['id']\n"
	       "assert begin['ts']==1000.007 and end['ts']==17000.007\n");
	trace_destroy(trace);
}

static void the_ring_keeps_the_last_events(void **state)
{
	struct trace *trace = trace_create(8);
	unsigned track = trace_track(trace, "monitor", "A");

	(void)state;
	for (unsigned i = 1; i <= 21; i++) {
		trace_add(trace, TRACE_FLIP, track, i * 1000ull, 0, i);
	}
	expect(trace, "assert [e['args']['sequence'] for e in events]==list(range(14,22))\n");
	trace_destroy(trace);
}

static void a_copy_does_not_change(void **state)
{
	struct trace *trace = trace_create(8);
	unsigned track = trace_track(trace, "monitor", "A");
	struct trace *copy;

	(void)state;
	trace_add(trace, TRACE_FLIP, track, 1000, 0, 1);
	copy = trace_copy(trace);
	trace_add(trace, TRACE_FLIP, track, 2000, 0, 2);
	trace_destroy(trace);
	expect(copy, "assert [e['args']['sequence'] for e in events]==[1]\n");
	trace_destroy(copy);
}

/* More guests over time than there is room for: no event is ever shown under another's name. */
static void a_taken_over_track_loses_its_events(void **state)
{
	struct trace *trace = trace_create(4 * TRACE_TRACKS);
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 2 * TRACE_TRACKS; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		trace_add(trace, TRACE_COMMIT, trace_track(trace, "guest", name), 1000, 0, i);
		trace_track(trace, "guest", "g0");
	}
	expect(trace, "assert len(events)>150\n"
		      "for e in events:\n"
		      "    assert names[e['pid'],e['tid']]=='g%d'%e['args']['head'], e\n"
		      "assert events[0]['args']['head']==0, 'the one in use keeps its place'\n");
	trace_destroy(trace);
}

static void names_can_not_break_out(void **state)
{
	struct trace *trace = trace_create(4);
	char *text;

	(void)state;
	trace_add(trace, TRACE_FOCUS, trace_track(trace, "guest", "a\"},{\\\n\x80"), 1, 0, 0);
	text = written(trace);
	assert_non_null(strstr(text, "\"a?},{???\""));
	free(text);
	expect(trace, "assert len(events)==1\n");
	trace_destroy(trace);
}

/* ---- histogram ---- */

static void assert_near(uint64_t got, uint64_t true_value)
{
	assert_true(got >= true_value);
	assert_true(got <= true_value + true_value / 8 + 1);
}

static void percentiles_are_right_to_an_eighth(void **state)
{
	static struct histogram histogram;

	(void)state;
	assert_int_equal(histogram_percentile(&histogram, 50), 0);
	for (uint64_t i = 1; i <= 1000; i++) {
		histogram_add(&histogram, i * 16667);
	}
	assert_near(histogram_percentile(&histogram, 50), 500 * 16667);
	assert_near(histogram_percentile(&histogram, 99), 990 * 16667);
	assert_int_equal(histogram_percentile(&histogram, 100), 1000 * 16667);
	assert_near(histogram_percentile(&histogram, 0), 16667);
}

/* Each value alone: the answer is the value itself, whatever its size. */
static void extremes_have_buckets(void **state)
{
	static const uint64_t values[] = {0,  1,  7,    8,    9,          15,
					  16, 17, 1023, 1024, 1ull << 36, UINT64_MAX};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		struct histogram histogram = {0};

		histogram_add(&histogram, values[i]);
		assert_true(histogram_percentile(&histogram, 50) == values[i]);
		histogram_add(&histogram, UINT64_MAX);
		histogram_add(&histogram, 0);
		if (values[i] > 0 && values[i] < 1ull << 36) {
			assert_near(histogram_percentile(&histogram, 50), values[i]);
		}
	}
}

static void what_was_long_ago_fades(void **state)
{
	static struct histogram histogram;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		histogram_add(&histogram, 1000000);
	}
	for (unsigned i = 0; i < 3000; i++) {
		histogram_add(&histogram, 1000);
		histogram_fade(&histogram, 256);
	}
	assert_true(histogram.count <= 256);
	assert_near(histogram_percentile(&histogram, 99), 1000);
	assert_near(histogram.largest, 1000);
}

static void merging_adds(void **state)
{
	static struct histogram a, b;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		histogram_add(&a, 100);
		histogram_add(&b, 10000);
		histogram_add(&b, 10000);
	}
	histogram_merge(&a, &b);
	assert_int_equal(a.count, 30);
	assert_near(histogram_percentile(&a, 33), 100);
	assert_near(histogram_percentile(&a, 34), 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_trace_is_valid),
		cmocka_unit_test(moments_durations_and_frames_have_their_forms),
		cmocka_unit_test(the_ring_keeps_the_last_events),
		cmocka_unit_test(a_copy_does_not_change),
		cmocka_unit_test(a_taken_over_track_loses_its_events),
		cmocka_unit_test(names_can_not_break_out),
		cmocka_unit_test(percentiles_are_right_to_an_eighth),
		cmocka_unit_test(extremes_have_buckets),
		cmocka_unit_test(what_was_long_ago_fades),
		cmocka_unit_test(merging_adds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
