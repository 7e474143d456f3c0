// The agent's live stream: the shape of its messages, and what its state is in words.

export type Unit =
	"percent" | "bytes" | "bytes_per_second" | "per_second" | "seconds" | "count";

export interface ChartSpec {
	id: string;
	section: string;
	title: string;
	help: string;
	unit: Unit;
	kind: "stack" | "line";
	max: number | null;
	/** Why this machine cannot have the chart; shown in its place. */
	off?: string;
}

export interface Hello {
	schema: number;
	version: string;
	host: string;
	step_ms: number;
	facts: { name: string; value: string }[];
	charts: ChartSpec[];
}

/** Replaces all data of one chart; values[i] is series i, one value a step from t0 (s). */
export interface History {
	chart: string;
	series: string[];
	t0: number;
	values: (number | null)[][];
}

export interface Tick {
	t: number;
	v: Record<string, (number | null)[]>;
	sources_down?: string[];
	missed_ticks?: number;
}

export interface Handlers {
	hello(m: Hello): void;
	history(m: History): void;
	tick(m: Tick): void;
	/** The connection opened, broke (the browser tries again), or was refused (we try again). */
	link(l: Link): void;
	/** A message that is not what the protocol says; it is skipped. */
	odd(): void;
}

export type Link = "connecting" | "open" | "lost" | "paused";
export type State = "connecting" | "live" | "stale" | "disconnected" | "paused";

export const SCHEMA = 1;
const STALE_MS = 3000;
/** A silent connection this old is taken for dead (a sleeping laptop, a cut tunnel). */
export const DEAD_MS = 15000;
const RETRY_MS = 3000;

/** What to tell the reader; quiet = milliseconds since the last tick, null before the first. */
export function describe(link: Link, quiet: number | null, stepMs: number): [State, string] {
	if (link === "paused")
		return ["paused", "paused"];
	if (link === "lost")
		return ["disconnected", "disconnected, reconnecting"];
	if (link === "connecting" || quiet === null)
		return ["connecting", "connecting"];
	if (quiet >= Math.max(STALE_MS, 3 * stepMs))
		return ["stale", `no data for ${Math.floor(quiet / 1000)} s`];
	return ["live", "live"];
}

/** One event stream that comes back by itself after every kind of failure. */
export class Stream {
	private source: EventSource | null = null;
	private retry: ReturnType<typeof setTimeout> | undefined;

	constructor(private url: string, private on: Handlers) {}

	open(): void {
		this.drop();
		const source = this.source = new EventSource(this.url);

		source.onopen = () => this.on.link("open");
		source.onerror = () => this.broke(source);
		this.listen(source, "hello", m => this.on.hello(m as Hello));
		this.listen(source, "history", m => this.on.history(m as History));
		this.listen(source, "tick", m => this.on.tick(m as Tick));
	}

	close(link: Link): void {
		this.drop();
		this.on.link(link);
	}

	private drop(): void {
		clearTimeout(this.retry);
		this.source?.close();
		this.source = null;
	}

	/* The browser reconnects after a broken connection, but gives up after an HTTP error. */
	private broke(source: EventSource): void {
		this.on.link("lost");
		if (source.readyState === EventSource.CLOSED)
			this.retry = setTimeout(() => this.open(), RETRY_MS);
	}

	private listen(source: EventSource, name: string, take: (m: unknown) => void): void {
		source.addEventListener(name, e => {
			try {
				take(JSON.parse((e as MessageEvent<string>).data));
			} catch {
				this.on.odd();
			}
		});
	}
}
