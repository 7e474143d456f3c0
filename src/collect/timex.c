/* How the kernel disciplines its clock: adjtimex(2), which here only asks. */
#include "collect/collector.h"
#include <sys/timex.h>

struct timex_row {
	double sync_status, offset_seconds, frequency_adjustment_ratio, maxerror_seconds,
		estimated_error_seconds, status, loop_time_constant, tick_seconds,
		tai_offset_seconds, pps_frequency_hertz, pps_jitter_seconds, pps_shift_seconds,
		pps_stability_hertz, pps_jitter, pps_calibration, pps_error, pps_stability_exceeded;
};

#define GAUGE(m, h) XM_FIELD(struct timex_row, m, XM_DOUBLE, h, .metric = "node_timex_" #m)
#define COUNT(m, h)                                                                                \
	XM_FIELD(struct timex_row, m, XM_DOUBLE, h, .metric = "node_timex_" #m "_total",           \
		 .flags = XM_COUNTER)

static const struct xm_field cols[] = {
	GAUGE(sync_status, "Is clock synchronized to a reliable server (1 = yes, 0 = no)."),
	GAUGE(offset_seconds, "Time offset in between local system and reference clock."),
	GAUGE(frequency_adjustment_ratio, "Local clock frequency adjustment."),
	GAUGE(maxerror_seconds, "Maximum error in seconds."),
	GAUGE(estimated_error_seconds, "Estimated error in seconds."),
	GAUGE(status, "Value of the status array bits."),
	GAUGE(loop_time_constant, "Phase-locked loop time constant."),
	GAUGE(tick_seconds, "Seconds between clock ticks."),
	GAUGE(tai_offset_seconds, "International Atomic Time (TAI) offset."),
	GAUGE(pps_frequency_hertz, "Pulse per second frequency."),
	GAUGE(pps_jitter_seconds, "Pulse per second jitter."),
	GAUGE(pps_shift_seconds, "Pulse per second interval duration."),
	GAUGE(pps_stability_hertz,
	      "Pulse per second stability, average of recent frequency changes."),
	COUNT(pps_jitter, "Pulse per second count of jitter limit exceeded events."),
	COUNT(pps_calibration, "Pulse per second count of calibration intervals."),
	COUNT(pps_error, "Pulse per second count of calibration errors."),
	COUNT(pps_stability_exceeded, "Pulse per second count of stability limit exceeded events."),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct timex_row, "timex", "discipline of the clock", cols);

#define PPM_FRACTION (1e6 * 65536) /* frequencies are parts per million with 16 binary digits */

static struct timex_row make_row(const struct timex *t, int state)
{
	double unit = t->status & STA_NANO ? 1e-9 : 1e-6;

	return (struct timex_row){
		.sync_status = state != TIME_ERROR,
		.offset_seconds = (double)t->offset * unit,
		.frequency_adjustment_ratio = 1 + (double)t->freq / PPM_FRACTION,
		.maxerror_seconds = (double)t->maxerror / 1e6,
		.estimated_error_seconds = (double)t->esterror / 1e6,
		.status = t->status,
		.loop_time_constant = (double)t->constant,
		.tick_seconds = (double)t->tick / 1e6,
		.tai_offset_seconds = t->tai,
		.pps_frequency_hertz = (double)t->ppsfreq / PPM_FRACTION,
		.pps_jitter_seconds = (double)t->jitter * unit,
		.pps_shift_seconds = t->shift,
		.pps_stability_hertz = (double)t->stabil / PPM_FRACTION,
		.pps_jitter = (double)t->jitcnt,
		.pps_calibration = (double)t->calcnt,
		.pps_error = (double)t->errcnt,
		.pps_stability_exceeded = (double)t->stbcnt,
	};
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct timex t = { .modes = 0 };
	struct timex_row row;
	int state = adjtimex(&t);

	if (state < 0 && errno == EPERM) /* containers forbid it, even to ask */
		return xm_fail(&c->err, -ENOENT, "adjtimex is forbidden here");
	if (state < 0)
		return xm_fail(&c->err, -errno, "adjtimex: %s", strerror(errno));
	row = make_row(&t, state);
	return xm_out_row(out, &table, &row);
}

const struct xm_collector xm_collector_timex = {
	.name = "timex",
	.help = "discipline of the clock",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.flags = XM_LIVE_ONLY,
	.collect = collect,
};
