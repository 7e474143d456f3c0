// The ten minutes of a chart: what is kept, what is a gap, how a stack adds up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { POINTS, Ring, fillView, makeView } = await load("ring.ts");
const NONE = new Set();
const T = 1763722200;

function ringOf(series, rows, from = T) {
	const ring = new Ring();
	ring.load(series, from, series.map((_, i) => rows.map(r => r[i])));
	return ring;
}

function viewOf(ring, { now = ring.newest, stack = false, hidden = NONE, stepMs = 1000 } = {}) {
	const view = makeView(ring.series.length);
	fillView(view, ring, now, stepMs, stack, hidden);
	return view;
}

const tail = (column, n) => column.slice(-n);

test("an empty ring has no values", () => {
	const ring = new Ring();
	assert.equal(ring.newest, -1);
	assert.ok(Number.isNaN(ring.at(0, T)));
	assert.equal(viewOf(ringOf([], []), { now: T }).points, 0);
});

test("history lies on its times, then ticks follow", () => {
	const ring = ringOf(["a", "b"], [[1, 10], [2, null], [3, 30]]);

	assert.equal(ring.push(T + 3, [4, 40]), true);
	assert.deepEqual([0, 1, 2, 3].map(k => ring.at(0, T + k)), [1, 2, 3, 4]);
	assert.deepEqual([0, 1, 2, 3].map(k => ring.at(1, T + k)), [10, NaN, 30, 40]);
	assert.ok(Number.isNaN(ring.at(0, T - 1)) && Number.isNaN(ring.at(0, T + 4)));
});

test("missed seconds are a gap, also where old values lay", () => {
	const ring = ringOf(["a"], Array.from({ length: POINTS }, (_, k) => [k]));
	const end = ring.newest;

	ring.push(end + 4, [7]);
	const view = viewOf(ring);
	assert.deepEqual(tail(view.y[0], 5), [599, null, null, null, 7]);
	assert.equal(view.points, POINTS - 3);
	assert.equal(view.x.at(-1), end + 4);
	assert.equal(view.x[0], end + 4 - POINTS + 1);
});

test("exactly the last 600 are kept", () => {
	const ring = ringOf(["a"], Array.from({ length: POINTS + 50 }, (_, k) => [k]));

	assert.equal(ring.at(0, T + 50), 50);
	assert.ok(Number.isNaN(ring.at(0, T + 49)));
	ring.push(ring.newest + 1, [0]);
	assert.ok(Number.isNaN(ring.at(0, T + 50)));
});

test("a gap longer than the window, and a clock set back, start over", () => {
	const ring = ringOf(["a"], [[1], [2]]);

	ring.push(T + 5000, [3]);
	assert.equal(viewOf(ring).points, 1);
	ring.push(T, [4]);
	assert.equal(ring.newest, T);
	assert.equal(viewOf(ring).points, 1);
	assert.equal(ring.at(0, T), 4);
});

test("the same second again replaces its values", () => {
	const ring = ringOf(["a"], [[1], [2]]);
	ring.push(T + 1, [9]);
	assert.deepEqual(tail(viewOf(ring).y[0], 2), [1, 9]);
});

test("a row that does not fit is refused and changes nothing", () => {
	const ring = ringOf(["a", "b"], [[1, 2]]);
	assert.equal(ring.push(T + 1, [1]), false);
	assert.equal(ring.push(T + 1, [1, 2, 3]), false);
	assert.equal(ring.newest, T);
});

test("values that are no numbers are gaps", () => {
	const ring = ringOf(["a", "b"], [["x", undefined]]);
	assert.ok(Number.isNaN(ring.at(0, T)) && Number.isNaN(ring.at(1, T)));
});

test("a chart that is behind the page ends in a gap", () => {
	const ring = ringOf(["a"], [[1], [2]]);
	assert.deepEqual(tail(viewOf(ring, { now: T + 3 }).y[0], 4), [1, 2, null, null]);
});

test("steps other than a second keep their times", () => {
	assert.equal(viewOf(ringOf(["a"], [[1]], 100), { stepMs: 5000 }).x.at(-1), 500);
});

test("a stack adds up from the first series", () => {
	const view = viewOf(ringOf(["a", "b", "c"], [[1, 2, 3], [10, 20, 30]]), { stack: true });
	assert.deepEqual(view.y.map(c => tail(c, 2)), [[1, 10], [3, 30], [6, 60]]);
});

test("in a stack one missing part is nothing, all missing is a gap", () => {
	const view = viewOf(ringOf(["a", "b", "c"], [[1, null, 3], [null, 20, 30], [null, null, null], [1, 1, null]]), { stack: true });
	assert.deepEqual(view.y.map(c => tail(c, 4)),
		[[1, 0, null, 1], [1, 20, null, 2], [4, 50, null, 2]]);
});

test("a hidden part leaves the stack", () => {
	const ring = ringOf(["a", "b", "c"], [[1, 2, 3]]);
	const view = viewOf(ring, { stack: true, hidden: new Set(["b"]) });
	assert.deepEqual(view.y.map(c => c.at(-1)), [1, null, 4]);
	assert.equal(viewOf(ring, { hidden: new Set(["a", "b", "c"]) }).points, 0);
});

test("values alone between gaps are found", () => {
	const view = viewOf(ringOf(["a"], [[1], [null], [2], [null], [3], [4]]));
	assert.deepEqual(view.lone[0], [POINTS - 6, POINTS - 4]);
});

test("clear forgets, load replaces", () => {
	const ring = ringOf(["a"], [[1]]);
	ring.clear();
	assert.equal(ring.newest, -1);
	ring.load(["x", "y"], T, [[5], [6]]);
	assert.deepEqual([ring.series, ring.at(1, T)], [["x", "y"], 6]);
});
