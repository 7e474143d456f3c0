#include "agent/web.h"
#include "agent/api.h"
#include "agent/asset.h"
#include "agent/live.h"
#include "agent/metrics.h"
#include "agent/sandbox.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#define ASKS_MAX  16                  /* questions to core under way */
#define NOT_READY (5 * XM_NS_PER_SEC) /* a row older than this: not ready */
#define HOSTS_MAX 32

struct web {
	const struct xm_web_start *start;
	struct xm_loop *loop;
	struct xm_http_server *server;
	struct xm_http_guard guard;
	const char *host[HOSTS_MAX + 1];
	char hosts[600];
	const struct xm_head_memory *head;
	struct xm_snapshot snapshot;
	struct xm_metrics metrics;
	struct xm_live live;
	struct xm_watch *on_tick, *on_door;
	struct {
		uint32_t id;
		struct xm_http_req *req; /* NULL: free */
	} ask[ASKS_MAX];
	uint32_t last_id;
	struct xm_buf text;
};

static void serve_metrics(struct xm_http_req *req, void *arg)
{
	xm_metrics_serve(&((struct web *)arg)->metrics, req);
}

static void serve_live(struct xm_http_req *req, void *arg)
{
	xm_live_serve(&((struct web *)arg)->live, req);
}

static void serve_health(struct xm_http_req *req, void *arg)
{
	(void)arg;
	xm_http_reply(req, 200, "text/plain", "ok\n", 3);
}

static void serve_ready(struct xm_http_req *req, void *arg)
{
	struct web *w = arg;
	uint64_t now;

	if (xm_snapshot_read(&w->snapshot, w->head) < 0) {
		xm_http_error(req, 503, "no values yet");
		return;
	}
	now = xm_mono_ns();
	if (now > w->snapshot.mono_ns + NOT_READY)
		xm_http_error(req, 503, "the newest values are %.0f s old",
			      (double)(now - w->snapshot.mono_ns) / 1e9);
	else
		xm_http_reply(req, 200, "text/plain", "ready\n", 6);
}

/* Keep the request until core has answered */
static void ask_core(struct web *w, struct xm_http_req *req, enum xm_api_op op)
{
	struct xm_api_request q = { .op = op, .id = ++w->last_id };

	for (unsigned i = 0; i < ASKS_MAX; i++) {
		if (w->ask[i].req)
			continue;
		if (xm_api_ask(w->start->door, &q) < 0)
			break;
		w->ask[i].id = q.id;
		w->ask[i].req = req;
		return;
	}
	xm_http_error(req, 503, "the agent is busy with other questions");
}

static void serve_settings(struct xm_http_req *req, void *arg)
{
	ask_core(arg, req, XM_API_SETTINGS);
}

static void serve_reload(struct xm_http_req *req, void *arg)
{
	ask_core(arg, req, XM_API_RELOAD);
}

static void serve_asset(struct xm_http_req *req, void *arg)
{
	(void)arg;
	xm_asset_serve(req);
}

static const struct xm_http_route routes[] = {
	{ "/metrics", XM_GET | XM_HEAD, serve_metrics, 0 },
	{ "/healthz", XM_GET | XM_HEAD, serve_health, 0 },
	{ "/readyz", XM_GET | XM_HEAD, serve_ready, 0 },
	{ "/api/v1/live", XM_GET, serve_live, 0 },
	{ "/api/v1/settings", XM_GET | XM_HEAD, serve_settings, XM_ROUTE_TRUSTED },
	{ "/api/v1/reload", XM_POST, serve_reload, XM_ROUTE_TRUSTED },
	{ "/", XM_GET | XM_HEAD, serve_asset, 0 },
	{ "/app.js", XM_GET | XM_HEAD, serve_asset, 0 },
	{ "/app.css", XM_GET | XM_HEAD, serve_asset, 0 },
	{}
};

static void on_tick(void *arg)
{
	struct web *w = arg;
	uint64_t count;

	(void)!read(w->start->tick, &count, sizeof count);
	if (xm_snapshot_read(&w->snapshot, w->head) >= 0 && w->snapshot.tick)
		xm_live_tick(&w->live);
}

static void answer(struct web *w, const struct xm_api_answer *a)
{
	for (unsigned i = 0; i < ASKS_MAX; i++) {
		struct xm_http_req *req = w->ask[i].req;

		if (!req || w->ask[i].id != a->id)
			continue;
		w->ask[i].req = NULL;
		if (a->status < 0)
			xm_http_error(req, 422, "%s", w->text.data);
		else
			xm_http_reply(req, 200, "text/plain; charset=utf-8", w->text.data,
				      w->text.len);
	}
}

static void on_door(void *arg)
{
	struct web *w = arg;
	struct xm_api_answer a;
	int r;

	while ((r = xm_api_take_answer(w->start->door, &a, &w->text)) >= 0)
		answer(w, &a);
	if (r == -EPIPE)
		xm_loop_stop(w->loop, 0);
}

/* The configured names "a,b" and the machine's own, as the list that the guard looks through */
static void split_hosts(struct web *w)
{
	char *rest = w->hosts, *name;
	struct utsname uts;
	unsigned n = 0;

	snprintf(w->hosts, sizeof w->hosts, "%s,%s", w->start->conf->hosts,
		 uname(&uts) ? "" : uts.nodename);
	while (n < HOSTS_MAX && (name = strsep(&rest, ",")))
		if (*name)
			w->host[n++] = name;
	w->guard = (struct xm_http_guard){ .token = w->start->token, .hosts = w->host };
}

static int open_web(struct web *w, struct xm_err *err)
{
	struct xm_http_opts opts = { .guard = &w->guard };
	int r = xm_loop_new_server(&w->loop);

	if (r >= 0)
		r = xm_head_map(w->start->head, &w->head);
	if (r >= 0)
		r = xm_snapshot_open(&w->snapshot);
	if (r >= 0)
		r = xm_live_open(&w->live, &w->snapshot);
	if (r >= 0)
		r = xm_http_server_new(w->loop, &opts, routes, w, &w->server);
	for (unsigned i = 0; i < w->start->n_listen && r >= 0; i++)
		r = xm_http_listen(w->server, w->start->listen[i]);
	if (r >= 0)
		r = xm_loop_readable(w->loop, w->start->tick, on_tick, w, &w->on_tick);
	if (r >= 0)
		r = xm_loop_readable(w->loop, w->start->door, on_door, w, &w->on_door);
	xm_metrics_open(&w->metrics, w->head, &w->snapshot);
	return r < 0 ? xm_fail(err, r, "start serving: %s", strerror(-r)) : 0;
}

static void close_web(struct web *w)
{
	xm_watch_free(w->on_tick);
	xm_watch_free(w->on_door);
	xm_live_close(&w->live);
	xm_http_server_free(w->server);
	xm_metrics_close(&w->metrics);
	xm_snapshot_close(&w->snapshot);
	xm_head_unmap(w->head);
	xm_loop_free(w->loop);
	xm_buf_done(&w->text);
}

/* Signals to the whole group are core's to handle; when core is gone, so are we */
static void belong_to_core(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "xmon-web");
}

int xm_web_main(const struct xm_web_start *start)
{
	struct web w = { .start = start, .text = XM_BUF_INIT };
	struct xm_err err = {};
	int r;

	xm_log_open("web");
	belong_to_core();
	split_hosts(&w);
	r = open_web(&w, &err);
	if (r >= 0)
		r = xm_sandbox_enter(start->uid, start->gid, &err);
	if (r >= 0)
		r = xm_loop_run(w.loop);
	if (r < 0)
		xm_error("%s", xm_err_text(&err, r));
	close_web(&w);
	return r < 0 ? 1 : 0;
}
