// The strip of big numbers: what a few well-known charts say right now.
import { formatValue } from "./format";
import type { ChartSpec } from "./protocol";

/** The newest values of one chart, NaN where there is none. */
export interface Latest {
	spec: ChartSpec;
	series: string[];
	values: number[];
}

export interface Tile {
	/** The chart the number comes from. */
	id: string;
	label: string;
	value: string;
	note: string;
	/** 0 to 1 when the number has a natural end. */
	level: number | null;
}

type Find = (id: string) => Latest | undefined;

const IDLE = ["idle", "iowait"];
const NOT_USED = /free|available|cache|buffer|reclaim|unused/i;
const INBOUND = /\b(in|rx|received?|recv|read)\b/i;
const OUTBOUND = /\b(out|tx|transmit(ted)?|sent|send|write)\b/i;

function sum(values: number[]): number {
	const known = values.filter(v => !Number.isNaN(v));
	return known.length ? known.reduce((a, b) => a + b, 0) : NaN;
}

function sumWhere(c: Latest, wanted: (name: string) => boolean): number {
	return sum(c.values.filter((_, i) => wanted(c.series[i]!)));
}

/** "user 8.1 %": the largest part. */
function largest(c: Latest, wanted: (name: string) => boolean): string {
	const parts = c.series.map((name, i) => ({ name, v: c.values[i]! }))
		.filter(s => s.v > 0 && wanted(s.name))
		.sort((a, b) => b.v - a.v);

	return parts[0] ? `${parts[0].name} ${formatValue(c.spec.unit, parts[0].v)}` : "";
}

function percent(id: string, label: string, v: number, note: string): Tile {
	return { id, label, value: formatValue("percent", v), note, level: level(v / 100) };
}

function level(share: number): number | null {
	return Number.isNaN(share) ? null : Math.min(1, Math.max(0, share));
}

function cpu(find: Find): Tile | null {
	const c = find("cpu");
	const busy = (name: string) => !IDLE.includes(name);

	return c ? percent("cpu", "CPU busy", sumWhere(c, busy), largest(c, n => n !== "idle")) : null;
}

function load(find: Find): Tile | null {
	const c = find("load");

	if (!c)
		return null;
	return {
		id: "load", label: `Load, ${c.series[0] ?? ""}`, value: formatValue("count", c.values[0]), level: null,
		note: c.series.slice(1).map((s, i) => `${s} ${formatValue("count", c.values[i + 1])}`).join(", "),
	};
}

function memory(find: Find): Tile | null {
	const c = find("memory");

	if (!c)
		return null;
	const total = c.spec.max ?? sum(c.values);
	const used = sumWhere(c, name => !NOT_USED.test(name));

	return percent("memory", "Memory used", 100 * used / total,
		`${formatValue("bytes", used)} of ${formatValue("bytes", total)}`);
}

/** Series of psi are told apart by their words: "cpu some", "some cpu", "cpu_some". */
function pressure(find: Find, what: string): Tile | null {
	const c = find("psi");

	if (!c)
		return null;
	const has = (kind: string) => (name: string) => name.includes(what) && name.includes(kind);
	const full = sumWhere(c, has("full"));

	return percent("psi", `Waiting for ${what === "io" ? "I/O" : what === "cpu" ? "CPU" : what}`,
		sumWhere(c, has("some")),
		Number.isNaN(full) ? "PSI some" : `PSI some, full ${formatValue("percent", full)}`);
}

function disk(find: Find): Tile | null {
	const c = find("disk_util");

	if (!c)
		return null;
	const known = c.values.filter(v => !Number.isNaN(v));
	const max = known.length ? Math.max(...known) : NaN;

	return percent("disk_util", "Busiest disk", max, known.length ? c.series[c.values.indexOf(max)]! : "");
}

/** Loopback is traffic of the machine with itself; it is left out. */
function network(find: Find): Tile | null {
	const c = find("net_bytes");

	if (!c)
		return null;
	const rate = (way: RegExp) => formatValue("bytes_per_second",
		sumWhere(c, name => way.test(name) && !/^lo\b/.test(name)));

	return { id: "net_bytes", label: "Network in", value: rate(INBOUND), note: `out ${rate(OUTBOUND)}`, level: null };
}

const PARTS: ((find: Find) => Tile | null)[] = [
	cpu, load, memory,
	f => pressure(f, "cpu"), f => pressure(f, "memory"), f => pressure(f, "io"),
	disk, network,
];

export function overview(find: Find): Tile[] {
	return PARTS.map(part => part(find)).filter(t => t !== null);
}
