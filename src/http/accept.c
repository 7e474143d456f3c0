/* Choosing by Accept and Accept-Encoding: lists, parameters, weights. */
#include "http/accept.h"
#include "base/text.h"
#include <strings.h>

/* The next element of a list; a separator inside a quoted string is none. False at the end. */
static bool element_next(struct xm_str *rest, char sep, struct xm_str *ret)
{
	bool quoted = false;
	size_t n = 0;

	if (!rest->n)
		return false;
	for (; n < rest->n && (quoted || rest->p[n] != sep); n++) {
		if (rest->p[n] == '"')
			quoted = !quoted;
		else if (rest->p[n] == '\\' && quoted && n + 1 < rest->n)
			n++;
	}
	*ret = xm_str_trim((struct xm_str){ rest->p, n });
	n += n < rest->n; /* the separator */
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool same(struct xm_str a, struct xm_str b)
{
	return a.n == b.n && !strncasecmp(a.p, b.p, a.n);
}

static struct xm_str unquoted(struct xm_str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct xm_str){ s.p + 1, s.n - 2 };
	return s;
}

/* The next "name=value" of a parameter list */
static bool param_next(struct xm_str *rest, struct xm_str *ret_name, struct xm_str *ret_value)
{
	struct xm_str item;

	while (element_next(rest, ';', &item)) {
		if (!xm_str_cut(&item, '=', ret_name))
			continue;
		*ret_name = xm_str_trim(*ret_name);
		*ret_value = unquoted(xm_str_trim(item));
		return true;
	}
	return false;
}

/* "0.75" in thousandths; -1 if it is no weight */
static int weight_parse(struct xm_str s)
{
	int q, scale = 100;

	if (!s.n || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return -1;
	q = (s.p[0] - '0') * 1000;
	for (size_t i = 2; i < s.n; i++, scale /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		q += (s.p[i] - '0') * scale;
	}
	return q <= 1000 ? q : -1;
}

/* The weight among an element's parameters: 1000 without one, -1 if it cannot be read */
static int weight_of(struct xm_str params)
{
	struct xm_str name, value;

	while (param_next(&params, &name, &value))
		if (same(name, XM_STR_OF("q")))
			return weight_parse(value);
	return 1000;
}

static bool param_find(struct xm_str params, struct xm_str name, struct xm_str *ret)
{
	struct xm_str n;

	while (param_next(&params, &n, ret))
		if (same(n, name))
			return true;
	return false;
}

/* How many parameters of the range the offer has too; -1 if one differs. The weight ends them. */
static int params_match(struct xm_str range, struct xm_str offer)
{
	struct xm_str name, value, have;
	int n = 0;

	while (param_next(&range, &name, &value) && !same(name, XM_STR_OF("q"))) {
		if (!param_find(offer, name, &have))
			continue;
		if (!same(value, have))
			return -1;
		n++;
	}
	return n;
}

/* Cut "type/subtype;params" into its three parts */
static bool media_cut(struct xm_str media, struct xm_str *type, struct xm_str *subtype,
		      struct xm_str *params)
{
	struct xm_str essence;

	if (!xm_str_cut(&media, ';', &essence)) {
		essence = media;
		media = (struct xm_str){ "", 0 };
	}
	*params = media;
	if (!xm_str_cut(&essence, '/', type))
		return false;
	*type = xm_str_trim(*type);
	*subtype = xm_str_trim(essence);
	return type->n && subtype->n;
}

/* How specifically a range of Accept matches an offer: 0 = not, more = more specifically */
static int range_match(struct xm_str range, struct xm_str offer)
{
	struct xm_str rtype, rsub, rparams, type, sub, params;
	int n;

	if (!media_cut(range, &rtype, &rsub, &rparams) || !media_cut(offer, &type, &sub, &params))
		return 0;
	if (xm_str_eq(rtype, "*"))
		return xm_str_eq(rsub, "*");
	if (!same(rtype, type))
		return 0;
	if (xm_str_eq(rsub, "*"))
		return 2;
	if (!same(rsub, sub))
		return 0;
	n = params_match(rparams, params);
	return n < 0 ? 0 : 3 + n;
}

static int offer_weight(const char *accept, const char *offer)
{
	struct xm_str rest = XM_STR_OF(accept), range;
	int best = 0, weight = 0;

	while (element_next(&rest, ',', &range)) {
		int match = range_match(range, XM_STR_OF(offer)), q;
		struct xm_str params = range, essence;

		if (match <= best)
			continue;
		q = xm_str_cut(&params, ';', &essence) ? weight_of(params) : 1000;
		if (q < 0)
			continue;
		best = match;
		weight = q;
	}
	return weight;
}

int xm_http_negotiate(const char *accept, const char *const *offers, int *ret_index)
{
	int best = -1, weight = 0;

	if (!accept || !xm_str_trim(XM_STR_OF(accept)).n) {
		*ret_index = 0;
		return 0;
	}
	for (int i = 0; offers[i]; i++) {
		int q = offer_weight(accept, offers[i]);

		if (q > weight) {
			weight = q;
			best = i;
		}
	}
	if (best < 0)
		return -ENOENT;
	*ret_index = best;
	return 0;
}

/* The weight of a coding, -1 if it is not listed by that name */
static int coding_weight(const char *accept, const char *coding)
{
	struct xm_str rest = XM_STR_OF(accept), item, name;

	while (element_next(&rest, ',', &item)) {
		struct xm_str params = item;
		bool weighted = xm_str_cut(&params, ';', &name);

		if (same(weighted ? xm_str_trim(name) : item, XM_STR_OF(coding)))
			return weighted ? XM_MAX(weight_of(params), 0) : 1000;
	}
	return -1;
}

bool xm_http_coding_ok(const char *accept_encoding, const char *coding)
{
	int q, plain;

	if (!accept_encoding)
		return false;
	q = coding_weight(accept_encoding, coding);
	if (q < 0)
		q = coding_weight(accept_encoding, "*");
	plain = coding_weight(accept_encoding, "identity");
	return q > 0 && q >= plain;
}
