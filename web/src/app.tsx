// The page: head, big numbers, and a grid of charts as the agent declared them.
import { signal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Plot, dashOf, drawVisible, hueOf } from "./chart";
import { formatTime } from "./format";
import { overview } from "./overview";
import type { Latest } from "./overview";
import { Chart, Store } from "./store";
import { flipTheme, followTheme, theme } from "./theme";

/** Counts what was drawn; reading it makes a component follow the live numbers. */
const frame = signal(0);
let asked = false;

/* Once a tick at most; a hidden page gets no frames, so it draws nothing. */
function schedule(): void {
	if (asked)
		return;
	asked = true;
	requestAnimationFrame(() => {
		asked = false;
		frame.value++;
		drawVisible();
	});
}

const store = new Store("/api/v1/live", schedule, () => location.reload());

const slug = (section: string) => "section-" + section.toLowerCase().replace(/[^a-z0-9]+/g, "-");

function latest(id: string): Latest | undefined {
	const chart = store.find(id);

	if (!chart || chart.spec.off)
		return undefined;
	const { ring, spec } = chart;
	return { spec, series: ring.series, values: ring.series.map((_, i) => ring.at(i, store.now)) };
}

function sections(): [string, Chart[]][] {
	const found = new Map<string, Chart[]>();

	for (const c of store.charts.value)
		found.set(c.spec.section, [...found.get(c.spec.section) ?? [], c]);
	return [...found];
}

function togglePause(): void {
	store.pause(store.status.value[0] !== "paused");
}

function Status() {
	const [state, text] = store.status.value;

	return <>
		<span class={`state ${state}`} aria-hidden="true">{text}</span>
		<span class="unseen" role="status">{state}</span>
	</>;
}

function Clock() {
	void frame.value;
	return <time class="clock">{store.time === null ? "" : formatTime(store.time)}</time>;
}

function Head() {
	const paused = store.status.value[0] === "paused";
	const dark = theme.value === "dark";

	return <header>
		<h1>{store.hello$.value?.host ?? "xmon"}</h1>
		<Status />
		<Clock />
		{store.notices.value.map(n => <span class="notice" key={n}>{n}</span>)}
		<div class="buttons">
			<button type="button" id="pause" aria-pressed={paused} aria-keyshortcuts="Space"
				title="Space does the same" onClick={togglePause}>
				{paused ? "Resume" : "Pause"}
			</button>
			<button type="button" id="theme" onClick={flipTheme}
				title={`Change to ${dark ? "light" : "dark"} colours`}>
				{dark ? "Light" : "Dark"}
			</button>
		</div>
	</header>;
}

function Facts() {
	const hello = store.hello$.value;

	return hello && <dl class="facts">
		{hello.facts.map(f => <div key={f.name}><dt>{f.name}</dt><dd>{f.value}</dd></div>)}
		<div><dt>xmon</dt><dd>{hello.version}</dd></div>
	</dl>;
}

function Overview() {
	void frame.value;
	return <div class="tiles" role="group" aria-label="Right now">
		{overview(latest).map(t => <a class="tile" key={t.label} href={`#chart-${t.id}`}>
			<span class="label">{t.label}</span>
			<strong>{t.value}</strong>
			<span class="note">{t.note || "\u00a0"}</span>
			{t.level !== null && <span class="level" aria-hidden="true">
				<i style={{ width: `${(100 * t.level).toFixed(1)}%` }} /></span>}
		</a>)}
	</div>;
}

function Legend({ chart, names }: { chart: Chart; names: string[] }) {
	const { values } = chart.readout.value;
	const hidden = chart.hidden.value;
	const chars = Math.min(24, Math.max(...names.map(n => n.length)));

	return <ul class="legend" aria-label={`Series of ${chart.spec.title}`} style={{ "--chars": chars }}>
		{names.map((name, i) => <li key={name}>
			<button type="button" aria-pressed={!hidden.has(name)}
				title={`${name}: click to hide or show, shift-click to show alone`}
				onClick={e => chart.toggle(name, e.shiftKey)}>
				<i class={dashOf(i) ? "swatch dashed" : "swatch"}
					style={{ "--hue": `var(--s${hueOf(name, i)})` }} aria-hidden="true" />
				<span class="name">{name}</span>
				<span class="value">{values[i] ?? "–"}</span>
			</button>
		</li>)}
	</ul>;
}

function cursorKeys(plot: Plot, e: KeyboardEvent): void {
	const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60 }[e.key];

	if (e.key === "Escape")
		return plot.leave();
	if (by === undefined)
		return;
	e.preventDefault();
	plot.step(e.shiftKey ? 10 * by : by);
}

function Canvas({ chart }: { chart: Chart }) {
	const host = useRef<HTMLDivElement>(null);
	const plot = useRef<Plot | null>(null);

	useEffect(() => {
		const made = plot.current = new Plot(host.current!, chart, store);
		return () => made.destroy();
	}, []);
	useEffect(() => plot.current!.draw(), [chart.hidden.value, theme.value]);
	return <div class="plot" ref={host} tabIndex={0} role="img"
		aria-label={`${chart.spec.title}, the last 10 minutes; the arrow keys move the cursor, the legend has the values`}
		onKeyDown={e => cursorKeys(plot.current!, e)} onBlur={() => plot.current!.leave()} />;
}

function Card({ chart }: { chart: Chart }) {
	const { spec } = chart;
	const series = chart.series.value;

	return <article class="card" id={`chart-${spec.id}`}>
		<h3>{spec.title}</h3>
		<p class="help">{spec.help}</p>
		{spec.off ? <p class="off">{spec.off}</p>
			: !series ? <p class="off">Waiting for data.</p>
			: series.length === 0 ? <p class="off">This machine has nothing to show here.</p>
			: <><Canvas key={series.join("\n")} chart={chart} /><Legend chart={chart} names={series} />
				<CursorTime chart={chart} /></>}
	</article>;
}

function CursorTime({ chart }: { chart: Chart }) {
	const { time } = chart.readout.value;
	return time ? <time class="at">{time}</time> : null;
}

function Section({ name, charts }: { name: string; charts: Chart[] }) {
	return <section id={slug(name)} aria-label={name} style={{ "--n": charts.length }}>
		<h2>{name}</h2>
		<div class="grid">{charts.map(c => <Card key={c.spec.id} chart={c} />)}</div>
	</section>;
}

function App() {
	return <>
		<div class="top">
			<Head />
			<nav aria-label="Sections">
				{sections().map(([name]) => <a key={name} href={`#${slug(name)}`}>{name}</a>)}
			</nav>
		</div>
		<main>
			<Facts />
			<Overview />
			<div class="sections">
				{sections().map(([name, charts]) => <Section key={name} name={name} charts={charts} />)}
			</div>
		</main>
	</>;
}

function onKey(e: KeyboardEvent): void {
	const busy = e.target instanceof Element && e.target.closest("button, a, input, select, summary");

	if (e.key !== " " || busy || e.ctrlKey || e.altKey || e.metaKey)
		return;
	e.preventDefault();
	togglePause();
}

function start(): void {
	const root = document.getElementById("app")!;

	root.textContent = "";
	render(<App />, root);
	document.addEventListener("keydown", onKey);
	store.status.subscribe(([state]) => {
		document.documentElement.dataset.state = state;
		document.title = `${state === "live" ? "" : `(${state}) `}${store.hello$.peek()?.host ?? "xmon"} · xmon`;
	});
	setInterval(() => store.watch(), 1000);
	store.open();
}

/* Before the first paint, so that a dark page does not flash white. */
followTheme();
document.addEventListener("DOMContentLoaded", start);
