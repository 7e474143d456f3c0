#include "host/stuck.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/file.h"
#include <pthread.h>
#include <signal.h>

#define STACK_BYTES (256U << 10)
#define STARVED_MAX 20 /* so many times the wait for a helper that gets no CPU */
#define TO_DO       1  /* a result that fn cannot have */

/* Shared by the caller and one thread; the last of the two frees it */
struct helper {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	pthread_t thread;
	int (*fn)(void *item);
	size_t size;
	/* Below: under lock */
	unsigned char *items;
	uint32_t n, cap, at; /* at: the item whose turn it is */
	uint64_t since_ns;   /* when its call began; 0 = not yet */
	pid_t tid;           /* 0 = has not run yet */
	bool busy, quit;
	bool left; /* one of the two no longer uses this */
	/* The caller's alone */
	uint64_t key; /* of the item it hangs in */
	struct helper *next;
};

struct xm_stuck {
	struct xm_stuck_conf conf;
	struct helper *helper; /* idle between runs; NULL: none yet */
	struct helper *lost;
	unsigned n_lost;
	uint64_t *good; /* keys that answered in the last run */
	uint32_t n_good, good_cap;
};

static struct xm_stuck_item *item_at(void *items, size_t size, uint32_t i)
{
	return (void *)((unsigned char *)items + i * size);
}

static void helper_free(struct helper *h)
{
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->done);
	pthread_mutex_destroy(&h->lock);
	free(h->items);
	free(h);
}

/* Called with the lock held, which is released around each call */
static void call_items(struct helper *h)
{
	for (h->at = 0; h->at < h->n && !h->quit; h->at++) {
		struct xm_stuck_item *item = item_at(h->items, h->size, h->at);
		int r;

		h->since_ns = xm_mono_ns();
		pthread_mutex_unlock(&h->lock);
		r = h->fn(item);
		pthread_mutex_lock(&h->lock);
		item->result = r;
	}
	h->busy = false;
	pthread_cond_signal(&h->done);
}

static void *helper_main(void *arg)
{
	struct helper *h = arg;
	bool orphan;

	pthread_setname_np(pthread_self(), "xmon-call");
	pthread_mutex_lock(&h->lock);
	h->tid = gettid();
	while (!h->quit)
		if (h->busy)
			call_items(h);
		else
			pthread_cond_wait(&h->work, &h->lock);
	orphan = h->left;
	h->left = true;
	pthread_mutex_unlock(&h->lock);
	if (orphan)
		helper_free(h);
	return NULL;
}

static int start_thread(struct helper *h)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* the process's signals go to other threads */
	r = pthread_create(&h->thread, &attr, helper_main, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

static int helper_new(const struct xm_stuck_conf *conf, struct helper **ret)
{
	struct helper *h = calloc(1, sizeof *h);
	pthread_condattr_t clock;
	int r;

	if (!h)
		return -ENOMEM;
	h->fn = conf->fn;
	h->size = conf->size;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&h->done, &clock);
	pthread_condattr_destroy(&clock);
	r = start_thread(h);
	if (r < 0) {
		helper_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

/* Let the thread end when it can; whoever of the two is last frees */
static void helper_leave(struct helper *h)
{
	bool orphan;

	pthread_mutex_lock(&h->lock);
	h->quit = true;
	orphan = h->left;
	h->left = true;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
	if (orphan)
		helper_free(h);
}

static bool helper_is_back(struct helper *h)
{
	bool back;

	pthread_mutex_lock(&h->lock);
	back = h->left;
	pthread_mutex_unlock(&h->lock);
	return back;
}

/* Free the helpers that came back */
static void reap(struct xm_stuck *s)
{
	struct helper **p = &s->lost;

	while (*p) {
		struct helper *h = *p;

		if (!helper_is_back(h)) {
			p = &h->next;
			continue;
		}
		*p = h->next;
		s->n_lost--;
		helper_free(h);
	}
}

static bool is_lost(const struct xm_stuck *s, uint64_t key)
{
	for (const struct helper *h = s->lost; h; h = h->next)
		if (h->key == key)
			return true;
	return false;
}

static bool was_good(const struct xm_stuck *s, uint64_t key)
{
	for (uint32_t i = 0; i < s->n_good; i++)
		if (s->good[i] == key)
			return true;
	return false;
}

static bool may_call(const struct xm_stuck *s, uint64_t key)
{
	return s->n_lost < s->conf.lost || (s->n_lost < 2 * s->conf.lost && was_good(s, key));
}

static int reserve_items(struct helper *h, uint32_t n)
{
	void *items;

	if (n <= h->cap)
		return 0;
	items = reallocarray(h->items, n, h->size);
	if (!items)
		return -ENOMEM;
	h->items = items;
	h->cap = n;
	return 0;
}

/* How many are still to do, after those that may not be asked have been told so */
static uint32_t count_to_do(struct xm_stuck *s, void *items, uint32_t n)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct xm_stuck_item *item = item_at(items, s->conf.size, i);

		if (item->result != TO_DO)
			continue;
		if (may_call(s, item->key))
			k++;
		else
			item->result = -EAGAIN;
	}
	return k;
}

/* Hand what is still to do to the idle helper, which has room for it */
static void load(struct xm_stuck *s, void *items, uint32_t n)
{
	struct helper *h = s->helper;
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct xm_stuck_item *item = item_at(items, s->conf.size, i);

		if (item->result != TO_DO)
			continue;
		item->index = i;
		memcpy(item_at(h->items, h->size, k++), item, h->size);
	}
}

/* Bring back the first n items of the helper */
static void unload(struct xm_stuck *s, void *items, uint32_t n)
{
	struct helper *h = s->helper;

	for (uint32_t k = 0; k < n; k++) {
		const struct xm_stuck_item *done = item_at(h->items, h->size, k);

		memcpy(item_at(items, h->size, done->index), done, h->size);
	}
}

/* Does the thread want a CPU, rather than wait for an answer? Field 3 of its stat is then R. */
static bool is_starved(const struct xm_stuck *s, pid_t tid)
{
	char path[48], text[512];
	const char *end;

	snprintf(path, sizeof path, "self/task/%d/stat", (int)tid);
	if (s->conf.proc < 0 || xm_read_line(s->conf.proc, path, text, sizeof text) < 0)
		return false;
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] == 'R';
}

/* Wait, with the helper's lock held, until all is done or one call takes too long */
static bool wait_done(struct xm_stuck *s, uint64_t wait_ns)
{
	struct helper *h = s->helper;
	uint64_t asked_ns = xm_mono_ns(), allowed_ns = wait_ns;
	uint32_t at = 0;

	while (h->busy) {
		uint64_t begun_ns = h->since_ns ? h->since_ns : asked_ns, now = xm_mono_ns();
		struct timespec until;

		if (h->at != at) {
			at = h->at;
			allowed_ns = wait_ns;
		}
		if (now >= begun_ns + allowed_ns) {
			if (allowed_ns >= STARVED_MAX * wait_ns ||
			    (h->tid && !is_starved(s, h->tid)))
				return false;
			allowed_ns += wait_ns;
		}
		until = xm_timespec(begun_ns + allowed_ns);
		pthread_cond_timedwait(&h->done, &h->lock, &until);
	}
	return true;
}

/* Leave the helper behind with the item it hangs in */
static void lose_helper(struct xm_stuck *s, uint64_t key)
{
	struct helper *h = s->helper;

	h->quit = true;
	h->key = key;
	h->next = s->lost;
	s->lost = h;
	s->n_lost++;
	s->helper = NULL;
}

/* Let the helper do its n items. It is lost if one of them takes too long. */
static void run_helper(struct xm_stuck *s, void *items, uint32_t n, uint64_t wait_ns)
{
	struct helper *h = s->helper;
	struct xm_stuck_item *hanging;

	pthread_mutex_lock(&h->lock);
	h->n = n;
	h->at = 0;
	h->since_ns = 0;
	h->busy = true;
	pthread_cond_signal(&h->work);
	if (wait_done(s, wait_ns)) {
		unload(s, items, n);
	} else {
		unload(s, items, h->at);
		hanging = item_at(items, h->size, item_at(h->items, h->size, h->at)->index);
		hanging->result = -ETIMEDOUT;
		lose_helper(s, hanging->key);
	}
	pthread_mutex_unlock(&h->lock);
}

static int remember_good(struct xm_stuck *s, void *items, uint32_t n)
{
	if (n > s->good_cap) {
		uint64_t *good = reallocarray(s->good, n, sizeof *good);

		if (!good)
			return -ENOMEM;
		s->good = good;
		s->good_cap = n;
	}
	s->n_good = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct xm_stuck_item *item = item_at(items, s->conf.size, i);

		if (item->result != -ETIMEDOUT && item->result != -EAGAIN)
			s->good[s->n_good++] = item->key;
	}
	return 0;
}

static int run_all(struct xm_stuck *s, void *items, uint32_t n, uint64_t wait_ns)
{
	uint32_t k;
	int r = 0;

	while ((k = count_to_do(s, items, n))) {
		if (!s->helper)
			r = helper_new(&s->conf, &s->helper);
		if (r >= 0)
			r = reserve_items(s->helper, k);
		if (r < 0)
			return r;
		load(s, items, n);
		run_helper(s, items, k, wait_ns);
	}
	return 0;
}

int xm_stuck_run(struct xm_stuck *s, void *items, uint32_t n, uint64_t wait_ns)
{
	int r;

	reap(s);
	for (uint32_t i = 0; i < n; i++) {
		struct xm_stuck_item *item = item_at(items, s->conf.size, i);

		item->result = is_lost(s, item->key) ? -ETIMEDOUT : TO_DO;
	}
	r = run_all(s, items, n, wait_ns);
	for (uint32_t i = 0; i < n; i++) {
		struct xm_stuck_item *item = item_at(items, s->conf.size, i);

		if (item->result == TO_DO)
			item->result = -EAGAIN;
	}
	return r < 0 ? r : remember_good(s, items, n);
}

unsigned xm_stuck_lost(const struct xm_stuck *s)
{
	return s->n_lost;
}

int xm_stuck_open(struct xm_stuck **ret, const struct xm_stuck_conf *conf)
{
	struct xm_stuck *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->conf = *conf;
	*ret = s;
	return 0;
}

void xm_stuck_close(struct xm_stuck *s)
{
	struct helper *h, *next;

	if (!s)
		return;
	if (s->helper)
		helper_leave(s->helper);
	for (h = s->lost; h; h = next) {
		next = h->next;
		helper_leave(h);
	}
	free(s->good);
	free(s);
}
