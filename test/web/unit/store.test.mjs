// The stream's messages as the page keeps them, and its state in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

class FakeSource {
	static CLOSED = 2;
	static made = [];
	readyState = 0;
	on = {};
	constructor(url) { this.url = url; FakeSource.made.push(this); }
	addEventListener(name, f) { this.on[name] = f; }
	close() { this.readyState = 2; }
	say(name, data) { this.on[name]({ data: typeof data === "string" ? data : JSON.stringify(data) }); }
}
globalThis.EventSource = FakeSource;
const { Store } = await load("store.ts");
const { describe } = await load("protocol.ts");

const T = 1763722200;
const SPEC = { id: "cpu", section: "CPU", title: "CPU", help: "", unit: "percent", kind: "stack", max: 100 };
const HELLO = { schema: 1, version: "0.1.0", host: "db7", step_ms: 1000, facts: [], charts: [SPEC] };
const HISTORY = { chart: "cpu", series: ["user", "system"], t0: T, values: [[1, 2], [3, null]] };

function started() {
	const seen = { draws: 0, upgrades: 0, ms: 0 };
	const store = new Store("/live", () => seen.draws++, () => seen.upgrades++, () => seen.ms);
	store.open();
	const source = FakeSource.made.at(-1);
	source.onopen();
	return { store, source, seen, chart: () => store.find("cpu") };
}

test("hello declares, history fills, a tick adds", () => {
	const { store, source, seen, chart } = started();

	assert.deepEqual(store.status.value, ["connecting", "connecting"]);
	source.say("hello", HELLO);
	assert.equal(chart().series.value, null);
	source.say("history", HISTORY);
	source.say("tick", { t: T + 2, v: { cpu: [5, 6] }, sources_down: ["hwmon"], missed_ticks: 2 });
	assert.deepEqual(chart().series.value, ["user", "system"]);
	assert.deepEqual([0, 1, 2].map(k => chart().ring.at(0, T + k)), [1, 2, 5]);
	assert.equal(store.now, T + 2);
	assert.deepEqual(store.status.value, ["live", "live"]);
	assert.deepEqual(store.notices.value, ["sources down: hwmon", "missed ticks: 2"]);
	assert.equal(seen.draws, 3);
});

test("a chart absent from a tick has a gap there", () => {
	const { store, source, chart } = started();
	source.say("hello", HELLO);
	source.say("history", HISTORY);
	source.say("tick", { t: T + 2, v: {} });
	source.say("tick", { t: T + 3, v: { cpu: [7, 8] } });
	assert.ok(Number.isNaN(chart().ring.at(0, T + 2)));
	assert.equal(chart().ring.at(0, T + 3), 7);
	assert.equal(store.now, T + 3);
});

test("history again replaces data and series", () => {
	const { source, chart } = started();
	source.say("hello", HELLO);
	source.say("history", HISTORY);
	source.say("history", { chart: "cpu", series: ["user", "system", "steal"], t0: T + 1, values: [[9], [9], [9]] });
	assert.deepEqual(chart().series.value, ["user", "system", "steal"]);
	assert.ok(Number.isNaN(chart().ring.at(0, T)));
	assert.equal(chart().ring.at(2, T + 1), 9);
});

test("odd messages are counted, told, and harm nothing", () => {
	const { store, source, chart } = started();
	source.say("hello", HELLO);
	source.say("history", HISTORY);
	source.say("tick", "{not json");
	source.say("history", { ...HISTORY, chart: "unheard" });
	source.say("tick", { t: T + 2, v: { cpu: [1, 2, 3], unheard: [1] } });
	assert.equal(chart().ring.newest, T + 1);
	assert.deepEqual(store.notices.value, ["odd messages: 4"]);
});

test("a new hello resets data, and keeps what the reader hid", () => {
	const { store, source, chart } = started();
	source.say("hello", HELLO);
	source.say("history", HISTORY);
	source.say("tick", { t: T + 2, v: { cpu: [1, 2] } });
	const before = chart();
	before.toggle("user", false);
	source.say("hello", HELLO);
	assert.equal(chart(), before);
	assert.equal(chart().ring.newest, -1);
	assert.ok(chart().hidden.value.has("user"));
	assert.equal(store.status.value[0], "connecting");
	source.say("hello", { ...HELLO, charts: [{ ...SPEC, title: "other" }] });
	assert.notEqual(chart(), before);
});

test("another version of the agent is noticed, another schema is not drawn", () => {
	const { store, source, seen } = started();
	source.say("hello", HELLO);
	source.say("hello", { ...HELLO, version: "0.2.0" });
	assert.equal(seen.upgrades, 1);
	source.say("hello", { ...HELLO, version: "0.2.0", schema: 2, host: "db8" });
	assert.equal(store.hello$.value.host, "db7");
	assert.match(store.notices.value[0], /schema 2/);
});

test("toggle hides and shows; only shows alone, then all", () => {
	const { source, chart } = started();
	source.say("hello", HELLO);
	source.say("history", HISTORY);
	const hidden = () => [...chart().hidden.value];
	chart().toggle("user", false);
	assert.deepEqual(hidden(), ["user"]);
	chart().toggle("user", false);
	assert.deepEqual(hidden(), []);
	chart().toggle("user", true);
	assert.deepEqual(hidden(), ["system"]);
	chart().toggle("user", true);
	assert.deepEqual(hidden(), []);
});

test("silence turns stale after 3 s, and a connection dead for long is opened anew", () => {
	const { store, source, seen } = started();
	source.say("hello", HELLO);
	source.say("history", HISTORY);
	source.say("tick", { t: T + 2, v: {} });
	seen.ms = 2999;
	store.watch();
	assert.equal(store.status.value[0], "live");
	seen.ms = 4200;
	store.watch();
	assert.deepEqual(store.status.value, ["stale", "no data for 4 s"]);
	const made = FakeSource.made.length;
	seen.ms = 18001;
	store.watch();
	assert.equal(FakeSource.made.length, made + 1);
	assert.equal(source.readyState, FakeSource.CLOSED);
	seen.ms = 19001;
	store.watch();
	assert.equal(FakeSource.made.length, made + 1, "not at every look");
	assert.deepEqual(store.status.value, ["stale", "no data for 19 s"]);
});

test("a broken connection is told; a refused one is tried again", t => {
	t.mock.timers.enable({ apis: ["setTimeout"] });
	const { store, source } = started();
	source.onerror();
	assert.deepEqual(store.status.value, ["disconnected", "disconnected, reconnecting"]);
	const made = FakeSource.made.length;
	t.mock.timers.tick(60000);
	assert.equal(FakeSource.made.length, made, "the browser reconnects by itself");
	source.readyState = FakeSource.CLOSED;
	source.onerror();
	t.mock.timers.tick(60000);
	assert.equal(FakeSource.made.length, made + 1);
});

test("pausing closes the stream, resuming opens a new one", () => {
	const { store, source } = started();
	store.pause(true);
	assert.equal(source.readyState, FakeSource.CLOSED);
	assert.equal(store.status.value[0], "paused");
	store.pause(false);
	assert.notEqual(FakeSource.made.at(-1), source);
	assert.equal(store.status.value[0], "connecting");
});

test("stale waits for three steps when a step is long", () => {
	assert.equal(describe("open", 14000, 5000)[0], "live");
	assert.equal(describe("open", 15000, 5000)[0], "stale");
	assert.equal(describe("open", null, 1000)[0], "connecting");
});
