// The big numbers: what they take from which chart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { overview } = await load("overview.ts");

function tiles(charts) {
	const found = overview(id => charts[id] && {
		spec: { id, unit: charts[id].unit, max: charts[id].max ?? null },
		series: Object.keys(charts[id].v), values: Object.values(charts[id].v),
	});
	return Object.fromEntries(found.map(t => [t.label, { ...t, value: t.value.replace("\u00a0", " "), note: t.note.replaceAll("\u00a0", " ") }]));
}

test("no charts, no tiles", () => assert.deepEqual(tiles({}), {}));

test("busy is everything but idle and waiting for a disk", () => {
	const cpu = { unit: "percent", max: 100, v: { user: 20, system: 5, idle: 65, iowait: 10 } };
	const t = tiles({ cpu })["CPU busy"];
	assert.deepEqual([t.value, t.note, t.level, t.id], ["25.0 %", "user 20.0 %", 0.25, "cpu"]);
});

test("used memory is what is neither free nor reclaimable, of the declared total", () => {
	const v = { used: 6 * 2 ** 30, buffers: 2 ** 30, cached: 9 * 2 ** 30, free: 8 * 2 ** 30 };
	assert.equal(tiles({ memory: { unit: "bytes", v } })["Memory used"].value, "25.0 %");
	const t = tiles({ memory: { unit: "bytes", max: 12 * 2 ** 30, v } })["Memory used"];
	assert.deepEqual([t.value, t.note], ["50.0 %", "6.0 GiB of 12.0 GiB"]);
});

test("pressure is read by the words in the name, in either order", () => {
	for (const v of [{ "cpu some": 3, "io some": 4, "io full": 2, "memory some": 0, "irq full": 9 },
		{ some_cpu: 3, some_io: 4, full_io: 2, some_memory: 0, full_irq: 9 }]) {
		const t = tiles({ psi: { unit: "percent", v } });
		assert.deepEqual([t["Waiting for CPU"].value, t["Waiting for CPU"].note], ["3.0 %", "PSI some"]);
		assert.deepEqual([t["Waiting for I/O"].value, t["Waiting for I/O"].note], ["4.0 %", "PSI some, full 2.0 %"]);
		assert.equal(t["Waiting for memory"].value, "0 %");
	}
});

test("the busiest disk is named; a missing value does not hide it", () => {
	const t = tiles({ disk_util: { unit: "percent", v: { sda: 3, sdb: NaN, sdc: 40 } } })["Busiest disk"];
	assert.deepEqual([t.value, t.note], ["40.0 %", "sdc"]);
});

test("network sums the interfaces but not loopback, in any common wording", () => {
	for (const [i, o] of [["in", "out"], ["received", "sent"], ["rx", "tx"], ["receive", "transmit"]]) {
		const v = { [`eth0 ${i}`]: 1000, [`eth1 ${i}`]: 500, [`eth0 ${o}`]: 70, [`lo ${i}`]: 9e9, [`lo ${o}`]: 9e9 };
		const t = tiles({ net_bytes: { unit: "bytes_per_second", v } })["Network in"];
		assert.deepEqual([t.value, t.note], ["1.5 kB/s", "out 70.0 B/s"]);
	}
});

test("without values a tile shows a dash and no level", () => {
	const t = tiles({ cpu: { unit: "percent", v: { user: NaN } }, load: { unit: "count", v: { "1 min": NaN, "5 min": 2 } } });
	assert.deepEqual([t["CPU busy"].value, t["CPU busy"].level], ["–", null]);
	assert.deepEqual([t["Load, 1 min"].value, t["Load, 1 min"].note], ["–", "5 min 2"]);
});
