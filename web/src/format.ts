// Numbers for people: values with units that fit, round axis limits and ticks, local time.
import type { Unit } from "./protocol";

const NBSP = "\u00a0";
const DASH = "–";

interface Scale {
	base: number;
	suffix: string[];
}

const SCALES: Record<Exclude<Unit, "percent" | "seconds">, Scale> = {
	bytes: { base: 1024, suffix: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] },
	bytes_per_second: { base: 1000, suffix: ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"] },
	per_second: { base: 1000, suffix: ["/s", "k/s", "M/s", "G/s"] },
	count: { base: 1000, suffix: ["", "k", "M", "G", "T"] },
};

const SECONDS: [number, string][] = [
	[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"],
];

/** The unit a value of this size is told in: its size and its name. */
function scaleFor(unit: Unit, v: number): [number, string] {
	const size = Math.abs(v);

	if (unit === "percent")
		return [1, "%"];
	if (unit === "seconds")
		return SECONDS.find(([s]) => size >= s * 0.9995) ?? (size ? [1e-9, "ns"] : [1, "s"]);
	const { base, suffix } = SCALES[unit] ?? SCALES.count;
	let div = 1, k = 0;

	/* 999.6 would be told as 1000: take the next unit before rounding does. */
	while (k < suffix.length - 1 && size / div >= base - 0.5) {
		div *= base;
		k++;
	}
	return [div, suffix[k]!];
}

function withUnit(digits: string, name: string): string {
	return name ? digits + NBSP + name : digits;
}

/** Three digits say enough; below one the second decimal still tells something from nothing. */
function decimals(unit: Unit, v: number, div: number): number {
	if (unit === "bytes" && div === 1)
		return 0;
	if (v >= 99.95)
		return 0;
	if (v < 0.995 || (unit === "count" && div === 1 && v < 10))
		return 2;
	return 1;
}

export function formatValue(unit: Unit, v: number | null | undefined): string {
	if (v === null || v === undefined || !Number.isFinite(v))
		return DASH;
	const [div, name] = scaleFor(unit, v);
	const scaled = v / div;
	const digits = scaled.toFixed(decimals(unit, Math.abs(scaled), div));
	const whole = Number(digits) === 0 || (unit === "count" && Number.isInteger(v) && div === 1);

	return withUnit(whole ? String(Number(digits)) : digits, name);
}

/** The labels of an axis: all in the unit of the largest, with the decimals their step needs. */
export function formatTicks(unit: Unit, ticks: number[]): string[] {
	const top = Math.max(0, ...ticks);
	const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : top;
	const [div, name] = scaleFor(unit, top);
	const exact = (places: number) => Math.abs(Number((step / div).toFixed(places)) * div / step - 1) < 1e-6;
	const places = [0, 1, 2].find(exact) ?? 3;

	return ticks.map(t => t === 0 ? "0" : withUnit((t / div).toFixed(places), name));
}

/** The smallest range worth an axis, so that noise near zero does not fill the chart. */
const FLOOR: Record<Unit, number> = {
	percent: 0.4, bytes: 1024, bytes_per_second: 1000, per_second: 1, seconds: 0.001, count: 1,
};

function roundStep(unit: Unit, rough: number): number {
	if (unit === "bytes")
		return 2 ** Math.ceil(Math.log2(rough));
	const power = 10 ** Math.floor(Math.log10(rough));

	return [1, 2, 2.5, 5, 10].find(m => m * power >= rough * (1 - 1e-9))! * power;
}

export interface Axis {
	top: number;
	ticks: number[];
}

/** An axis from 0: up to max when declared and kept, else to a round number over the data. */
export function axisFor(unit: Unit, dataMax: number, max: number | null): Axis {
	const kept = max !== null && max > 0 && dataMax <= max * 1.02;
	const need = kept ? max : Math.max(Number.isFinite(dataMax) ? dataMax : 0, FLOOR[unit] ?? 1);
	const step = roundStep(unit, need / 4);
	const count = kept ? Math.floor(need / step + 1e-9) : Math.ceil(need / step - 1e-9);

	return {
		top: kept ? need : step * count,
		ticks: Array.from({ length: count + 1 }, (_, i) => i * step),
	};
}

const two = (n: number) => String(n).padStart(2, "0");

/** Local time of the reader, always 24 hours. */
export function formatTime(t: number, seconds = true): string {
	const d = new Date(t * 1000);
	const hm = `${two(d.getHours())}:${two(d.getMinutes())}`;

	return seconds ? `${hm}:${two(d.getSeconds())}` : hm;
}
