// One chart on a canvas: uPlot fed from a ring, drawn only while it can be seen.
import uPlot from "uplot";
import { formatTicks, formatTime, formatValue, axisFor } from "./format";
import type { Axis } from "./format";
import { POINTS, fillView, makeView } from "./ring";
import type { View } from "./ring";
import type { Chart, Store } from "./store";
import { HUES, colours } from "./theme";

const FONT = "11px system-ui, sans-serif";
/** One cursor for all charts: uPlot passes it on, in time. */
const SYNC = { key: "time", setSeries: false, scales: ["x", null] as [string, null] };
const MINUTES = [1, 2, 5, 10].map(m => m * 60);

const seen = new Map<Element, Plot>();
const visibility = new IntersectionObserver(entries => {
	for (const e of entries)
		seen.get(e.target)?.show(e.isIntersecting);
}, { rootMargin: "100px" });
const size = new ResizeObserver(entries => {
	for (const e of entries)
		seen.get(e.target)?.resize(e.contentRect.width, e.contentRect.height);
});

/** Draw every chart that can be seen, in one frame (several frames cost 40 % more in all). */
export function drawVisible(): void {
	for (const plot of seen.values())
		plot.draw();
}

/** What is left over is grey, so that plenty of it does not look like an alarm. */
export function hueOf(name: string, i: number): number {
	return /^(free|idle|available|unused)$/i.test(name) ? HUES - 1 : i % HUES;
}

/** Eight hues; from the ninth series on, the same hues dashed. */
export function dashOf(i: number): number[] | undefined {
	return i < HUES ? undefined : [2 + 4 * Math.floor(i / HUES), 3];
}

export class Plot {
	private plot: uPlot;
	private view: View;
	private axis: Axis;
	private visible = false;
	private end = 0;

	constructor(private host: HTMLElement, private chart: Chart, private store: Store) {
		this.view = makeView(chart.ring.series.length);
		this.axis = axisFor(chart.spec.unit, 0, chart.spec.max);
		this.plot = new uPlot(this.options(), this.data(), host);
		seen.set(host, this);
		visibility.observe(host);
		size.observe(host);
	}

	destroy(): void {
		visibility.unobserve(this.host);
		size.unobserve(this.host);
		seen.delete(this.host);
		this.plot.destroy();
	}

	show(visible: boolean): void {
		this.visible = visible;
		this.draw();
	}

	resize(width: number, height: number): void {
		this.plot.setSize({ width: Math.floor(width), height: Math.floor(height) });
	}

	draw(): void {
		const { spec, ring, hidden } = this.chart;

		/* The series may have changed a moment before the page follows with a new plot. */
		if (!this.visible || ring.series.length !== this.view.y.length)
			return;
		this.end = this.store.now;
		fillView(this.view, ring, this.end, this.store.stepMs, spec.kind === "stack", hidden.value);
		this.plot.setData(this.data(), true);
		this.host.dataset.points = String(this.view.points);
		this.read();
	}

	/** Move the shared cursor by some steps, from the newest point when there is none. */
	step(by: number): void {
		const from = this.plot.cursor.idx ?? POINTS - 1;
		const to = Math.min(POINTS - 1, Math.max(0, from + by));

		this.moveTo(this.plot.valToPos(this.view.x[to]!, "x"));
	}

	leave(): void {
		this.moveTo(-10);
	}

	/* A place outside the plot is no cursor. The third argument, which makes the other charts follow,
	   is missing in uPlot 1.6.32's types. */
	private moveTo(left: number): void {
		const set = this.plot.setCursor as (at: object, fire: boolean, publish: boolean) => void;
		set({ left, top: 1 }, true, true);
	}

	private get stacked(): boolean {
		return this.chart.spec.kind === "stack";
	}

	/** In a stack the highest sum is drawn first, and each lower one over it. */
	private order(): number[] {
		const all = this.view.y.map((_, i) => i);
		return this.stacked ? all.reverse() : all;
	}

	private data(): uPlot.AlignedData {
		return [this.view.x, ...this.order().map(i => this.view.y[i]!)];
	}

	private read(): void {
		const { spec, ring, readout } = this.chart;
		const idx = this.plot.cursor.idx ?? null;
		const slot = this.end - POINTS + 1 + (idx ?? POINTS - 1);
		const values = ring.series.map((_, i) => formatValue(spec.unit, ring.at(i, slot)));

		readout.value = {
			time: idx === null ? "" : formatTime(slot * this.store.stepMs / 1000),
			values,
		};
	}

	private options(): uPlot.Options {
		const box = this.host.getBoundingClientRect();

		return {
			width: Math.max(100, Math.floor(box.width)),
			height: Math.max(50, Math.floor(box.height)),
			legend: { show: false },
			padding: [6, 16, 0, 0],
			cursor: {
				y: false,
				sync: SYNC,
				drag: { x: false, y: false },
				points: { size: 6, width: 1 },
			},
			drawOrder: (this.stacked ? ["series", "axes"] : ["axes", "series"]) as uPlot.DrawOrderKey[],
			scales: {
				x: { time: true, range: (_u, min, max) => [min, max] },
				y: { range: (_u, _min, max) => this.rangeFor(max) },
			} as uPlot.Scales,
			axes: [this.timeAxis(), this.valueAxis()],
			series: [{}, ...this.order().map(i => this.seriesFor(i))],
			hooks: { setCursor: [() => { if (this.visible) this.read(); }] },
		};
	}

	private rangeFor(max: number | null): uPlot.Range.MinMax {
		this.axis = axisFor(this.chart.spec.unit, max ?? 0, this.chart.spec.max);
		return [0, this.axis.top];
	}

	private seriesFor(i: number): uPlot.Series {
		const name = this.chart.ring.series[i]!;
		const hue = hueOf(name, i);
		const filled = this.stacked || this.view.y.length === 1;

		return {
			label: name,
			width: 1,
			dash: dashOf(i),
			stroke: () => colours().line[hue]!,
			fill: filled ? () => colours().area[hue]! : undefined,
			points: {
				show: false,
				size: 4,
				stroke: () => colours().line[hue]!,
				fill: () => colours().line[hue]!,
				filter: () => this.view.lone[i]!.length ? this.view.lone[i]! : null,
			},
		};
	}

	private timeAxis(): uPlot.Axis {
		return {
			font: FONT,
			size: 19,
			space: 48,
			gap: 3,
			incrs: MINUTES,
			stroke: () => colours().text,
			grid: { stroke: () => colours().grid, width: 1 },
			ticks: { show: false },
			values: (_u, times) => times.map(t => formatTime(t, false)),
		};
	}

	private valueAxis(): uPlot.Axis {
		return {
			font: FONT,
			size: 58,
			gap: 4,
			stroke: () => colours().text,
			grid: { stroke: () => colours().grid, width: 1 },
			ticks: { show: false },
			splits: () => this.axis.ticks,
			values: (_u, ticks) => formatTicks(this.chart.spec.unit, ticks),
		};
	}
}
