// The last ten minutes of one chart: a grid of time slots, where a slot without data is a gap.

export const POINTS = 600;

/** A slot is a time divided by the step. Slots that got no data hold NaN. */
export class Ring {
	series: string[] = [];
	private cells = new Float64Array(0);
	private head = -1;

	/** The newest slot, -1 when empty. */
	get newest(): number {
		return this.head;
	}

	clear(): void {
		this.cells.fill(NaN);
		this.head = -1;
	}

	load(series: string[], slot0: number, values: (number | null)[][]): void {
		const n = Math.max(0, ...values.map(v => v.length));

		this.series = series;
		this.cells = new Float64Array(series.length * POINTS);
		this.clear();
		for (let k = Math.max(0, n - POINTS); k < n; k++)
			this.push(slot0 + k, series.map((_, i) => values[i]?.[k] ?? null));
	}

	/** False: the row does not fit the series, and is left out. A clock set back starts over. */
	push(slot: number, row: (number | null)[]): boolean {
		if (row.length !== this.series.length)
			return false;
		this.advance(slot);
		row.forEach((v, i) => {
			this.cells[i * POINTS + slot % POINTS] = typeof v === "number" ? v : NaN;
		});
		return true;
	}

	/** NaN where there is no value. */
	at(series: number, slot: number): number {
		if (slot > this.head || slot <= this.head - POINTS || slot < 0)
			return NaN;
		return this.cells[series * POINTS + slot % POINTS] ?? NaN;
	}

	private advance(slot: number): void {
		if (this.head < 0 || slot < this.head || slot - this.head >= POINTS)
			this.cells.fill(NaN);
		else
			for (let s = this.head + 1; s < slot; s++)
				this.blank(s);
		this.head = slot;
	}

	private blank(slot: number): void {
		for (let i = 0; i < this.series.length; i++)
			this.cells[i * POINTS + slot % POINTS] = NaN;
	}
}

export type Column = (number | null)[];

/** What a chart draws: one column of times and one a series, made once and filled at each draw. */
export interface View {
	x: number[];
	y: Column[];
	/** Indexes of values with a gap on both sides: a line cannot show them, a dot can. */
	lone: number[][];
	/** Slots with at least one value. */
	points: number;
}

export function makeView(series: number): View {
	return {
		x: new Array<number>(POINTS).fill(0),
		y: Array.from({ length: series }, () => new Array<number | null>(POINTS).fill(null)),
		lone: Array.from({ length: series }, () => []),
		points: 0,
	};
}

/** Fill a view with the window that ends at slot `now`; with stack, each series stands on those below. */
export function fillView(view: View, ring: Ring, now: number, stepMs: number,
	stack: boolean, hidden: ReadonlySet<string>): void {
	view.points = 0;
	for (let k = 0; k < POINTS; k++) {
		const slot = now - POINTS + 1 + k;

		view.x[k] = slot * stepMs / 1000;
		if (fillRow(view, ring, k, slot, stack, hidden))
			view.points++;
	}
	view.y.forEach((column, i) => { view.lone[i] = lonely(column); });
}

function fillRow(view: View, ring: Ring, k: number, slot: number,
	stack: boolean, hidden: ReadonlySet<string>): boolean {
	let sum = 0, any = false;

	for (let i = 0; i < view.y.length; i++) {
		const shown = !hidden.has(ring.series[i]!);
		const v = shown ? ring.at(i, slot) : NaN;

		view.y[i]![k] = Number.isNaN(v) ? null : stack ? sum += v : v;
		any ||= !Number.isNaN(v);
	}
	/* In a stack, a missing part counts as nothing, or the parts above it would have a hole. */
	if (stack && any)
		carry(view, ring, k, hidden);
	return any;
}

function carry(view: View, ring: Ring, k: number, hidden: ReadonlySet<string>): void {
	let below = 0;

	for (let i = 0; i < view.y.length; i++)
		if (!hidden.has(ring.series[i]!))
			below = view.y[i]![k] ??= below;
}

function lonely(column: Column): number[] {
	const found: number[] = [];

	for (let k = 0; k < column.length; k++)
		if (column[k] !== null && (column[k - 1] ?? null) === null &&
		    (column[k + 1] ?? null) === null)
			found.push(k);
	return found;
}
