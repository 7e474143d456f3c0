// Numbers as people read them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

process.env.TZ = "Europe/Berlin";
const { axisFor, formatTicks, formatTime, formatValue } = await load("format.ts");
const told = (unit, v) => formatValue(unit, v).replace("\u00a0", " ");

const VALUES = [
	["percent", 12.34, "12.3 %"], ["percent", 0, "0 %"], ["percent", 3, "3.0 %"], ["percent", 0.042, "0.04 %"],
	["percent", 0.001, "0 %"], ["percent", 100, "100 %"], ["percent", 99.96, "100 %"],
	["bytes", 0, "0 B"], ["bytes", 512, "512 B"], ["bytes", 1024, "1.0 KiB"], ["bytes", 1023.7, "1.0 KiB"],
	["bytes", 1.2 * 2 ** 30, "1.2 GiB"], ["bytes", 1048575, "1.0 MiB"], ["bytes", 2 ** 64, "16.0 EiB"],
	["bytes", 345 * 2 ** 20, "345 MiB"],
	["bytes_per_second", 3.4e6, "3.4 MB/s"], ["bytes_per_second", 999.4, "999 B/s"], ["bytes_per_second", 999.6, "1.0 kB/s"],
	["per_second", 0.25, "0.25 /s"], ["per_second", 12345, "12.3 k/s"], ["per_second", 7, "7.0 /s"],
	["seconds", 0, "0 s"], ["seconds", 0.00035, "350 µs"], ["seconds", 0.0012, "1.2 ms"], ["seconds", 90, "1.5 min"],
	["seconds", 0.9999, "1.0 s"],
	["count", 4, "4"], ["count", 0.42, "0.42"], ["count", 12.34, "12.3"], ["count", 1234567, "1.2 M"], ["count", -2.5, "-2.50"],
	["a unit of tomorrow", 5, "5.0"],
];

for (const [unit, v, expected] of VALUES)
	test(`${v} ${unit} is ${expected}`, () => assert.equal(told(unit, v), expected));

test("nothing is a dash", () => {
	for (const v of [null, undefined, NaN, Infinity])
		assert.equal(told("bytes", v), "–");
});

test("an axis keeps the declared maximum, unless the data break it", () => {
	assert.deepEqual(axisFor("percent", 3, 100), { top: 100, ticks: [0, 25, 50, 75, 100] });
	assert.equal(axisFor("percent", 100.4, 100).top, 100);
	assert.equal(axisFor("percent", 180, 100).top, 200);
	assert.deepEqual(axisFor("bytes", 1, 24 * 2 ** 30).ticks, [0, 8, 16, 24].map(n => n * 2 ** 30));
	assert.deepEqual(axisFor("bytes", 1, 20 * 2 ** 30).ticks, [0, 8, 16].map(n => n * 2 ** 30));
});

test("an axis without maximum ends at a round number over the data", () => {
	assert.deepEqual(axisFor("per_second", 340, null), { top: 400, ticks: [0, 100, 200, 300, 400] });
	assert.equal(axisFor("bytes_per_second", 41e6, null).top, 60e6);
	assert.equal(axisFor("bytes", 5 * 2 ** 20, null).top, 6 * 2 ** 20);
});

test("an axis never stretches noise to full height", () => {
	assert.equal(axisFor("percent", 0.001, null).top, 0.4);
	assert.equal(axisFor("bytes", NaN, null).top, 1024);
	assert.equal(axisFor("count", 0, null).top, 1);
});

test("every axis covers its data, for any size", () => {
	for (const unit of ["percent", "bytes", "bytes_per_second", "per_second", "seconds", "count"])
		for (let v = 1e-9; v < 1e18; v *= 1.37) {
			const { top, ticks } = axisFor(unit, v, null);
			assert.ok(top >= v && ticks.at(-1) <= top * (1 + 1e-9), `${unit} ${v}: ${top}`);
			assert.ok(ticks.length >= 3 && ticks.length <= 5, `${unit} ${v}: ${ticks.length} ticks`);
		}
});

test("ticks share one unit and no two read the same", () => {
	const plain = (unit, ticks) => formatTicks(unit, ticks).map(s => s.replace("\u00a0", " "));

	assert.deepEqual(plain("percent", [0, 0.125, 0.25]), ["0", "0.125 %", "0.250 %"]);
	assert.deepEqual(plain("bytes", [0, 2 ** 29, 2 ** 30]), ["0", "0.5 GiB", "1.0 GiB"]);
	assert.deepEqual(plain("bytes_per_second", [0, 250, 500, 750, 1000]), ["0", "0.25 kB/s", "0.50 kB/s", "0.75 kB/s", "1.00 kB/s"]);
	assert.deepEqual(plain("count", [0, 1, 2]), ["0", "1", "2"]);
	for (let v = 0.01; v < 1e15; v *= 3.1) {
		const told = plain("bytes", axisFor("bytes", v, null).ticks);
		assert.equal(new Set(told).size, told.length, told.join(" "));
	}
});

test("time is local, 24 hours, also over the end of summer time", () => {
	assert.equal(formatTime(1763722205), "11:50:05");
	assert.equal(formatTime(1763722205, false), "11:50");
	assert.equal(formatTime(1792889999), "02:59:59");
	assert.equal(formatTime(1792890000), "02:00:00");
});
