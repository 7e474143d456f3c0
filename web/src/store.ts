// What the page knows: the charts the agent declared, their data, and the state of the stream.
import { signal } from "@preact/signals";
import { DEAD_MS, SCHEMA, describe, Stream } from "./protocol";
import type { ChartSpec, Handlers, Hello, History, Link, State, Tick } from "./protocol";
import { Ring } from "./ring";

export interface Readout {
	/** Local time under the cursor, empty when the values are the newest. */
	time: string;
	values: string[];
}

export class Chart {
	readonly ring = new Ring();
	/** Their names; null until the agent has told them. */
	readonly series = signal<string[] | null>(null);
	readonly hidden = signal<ReadonlySet<string>>(new Set());
	readonly readout = signal<Readout>({ time: "", values: [] });

	constructor(readonly spec: ChartSpec) {}

	/** Show or hide one series; `only` shows it alone, and a second time shows all again. */
	toggle(name: string, only: boolean): void {
		const others = this.ring.series.filter(s => s !== name);
		const hidden = new Set(this.hidden.value);

		if (only) {
			const alone = !hidden.has(name) && others.every(s => hidden.has(s));
			this.hidden.value = new Set(alone ? [] : others);
			return;
		}
		if (!hidden.delete(name))
			hidden.add(name);
		this.hidden.value = hidden;
	}
}

export class Store implements Handlers {
	readonly hello$ = signal<Hello | null>(null);
	readonly charts = signal<Chart[]>([]);
	readonly status = signal<[State, string]>(["connecting", "connecting"]);
	readonly notices = signal<string[]>([]);
	/** The time of the newest tick (s), null before the first. */
	time: number | null = null;

	private byId = new Map<string, Chart>();
	private current: Link = "connecting";
	private lastTick: number | null = null;
	private openedAt = 0;
	private oddities = 0;
	private stream: Stream;

	/** changed: there is something new to draw; upgraded: the agent is not the one that sent this page. */
	constructor(url: string, private changed: () => void, private upgraded: () => void,
		private clock: () => number = () => performance.now()) {
		this.stream = new Stream(url, this);
	}

	get stepMs(): number {
		return this.hello$.value?.step_ms ?? 1000;
	}

	/** The newest slot of the page: the right edge of every chart. */
	get now(): number {
		return Math.max(0, ...this.charts.value.map(c => c.ring.newest),
			this.time === null ? 0 : this.slot(this.time));
	}

	slot(t: number): number {
		return Math.round(t * 1000 / this.stepMs);
	}

	find(id: string): Chart | undefined {
		return this.byId.get(id);
	}

	open(): void {
		this.openedAt = this.clock();
		this.lastTick = null;
		this.link("connecting");
		this.stream.open();
	}

	/** Pausing drops the stream; resuming opens a new one, whose history fills what was missed. */
	pause(paused: boolean): void {
		if (paused)
			this.stream.close("paused");
		else
			this.open();
	}

	/** Call once a second: tells how long it is quiet, and gives up a connection that is dead. */
	watch(): void {
		const since = this.clock() - Math.max(this.openedAt, this.lastTick ?? 0);

		if (this.current === "open" && since > DEAD_MS + 3 * this.stepMs) {
			this.openedAt = this.clock();
			this.stream.open();
		}
		this.tell();
	}

	link(l: Link): void {
		this.current = l;
		this.tell();
	}

	hello(m: Hello): void {
		const before = this.hello$.value;

		if (m.schema !== SCHEMA) {
			this.notices.value = [`the agent speaks schema ${m.schema}, this page ${SCHEMA}: reload`];
			throw new Error("schema");
		}
		if (before && before.version !== m.version)
			this.upgraded();
		this.hello$.value = m;
		this.time = this.lastTick = null;
		this.charts.value = m.charts.map(spec => this.adopt(spec));
		this.byId = new Map(this.charts.value.map(c => [c.spec.id, c]));
		this.tell();
		this.changed();
	}

	history(m: History): void {
		const chart = this.byId.get(m.chart);

		if (!chart)
			return this.odd();
		chart.ring.load(m.series, this.slot(m.t0), m.values);
		if (m.series.join("\n") !== chart.series.value?.join("\n"))
			chart.series.value = m.series;
		this.changed();
	}

	tick(m: Tick): void {
		this.time = m.t;
		this.lastTick = this.clock();
		for (const [id, row] of Object.entries(m.v))
			if (!this.byId.get(id)?.ring.push(this.slot(m.t), row))
				this.oddities++;
		this.note(m);
		this.tell();
		this.changed();
	}

	odd(): void {
		this.oddities++;
	}

	/** A chart that comes again after a reconnection keeps what the reader has set on it. */
	private adopt(spec: ChartSpec): Chart {
		const old = this.byId.get(spec.id);

		if (!old || JSON.stringify(old.spec) !== JSON.stringify(spec))
			return new Chart(spec);
		old.ring.clear();
		return old;
	}

	private note(m: Tick): void {
		const notes: string[] = [];

		if (m.sources_down?.length)
			notes.push(`sources down: ${m.sources_down.join(", ")}`);
		if (m.missed_ticks)
			notes.push(`missed ticks: ${m.missed_ticks}`);
		if (this.oddities)
			notes.push(`odd messages: ${this.oddities}`);
		if (notes.join() !== this.notices.value.join())
			this.notices.value = notes;
	}

	private tell(): void {
		const quiet = this.lastTick === null ? null : this.clock() - this.lastTick;
		const next = describe(this.current, quiet, this.stepMs);

		if (next[1] !== this.status.value[1])
			this.status.value = next;
	}
}
