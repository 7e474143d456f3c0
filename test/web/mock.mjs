// A stand-in for the agent: serves web/dist with the agent's headers and a live stream of plausible
// numbers. `node test/web/mock.mjs [PORT]`; tests import startMock and steer it.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const DIST = new URL("../../web/dist/", import.meta.url);
const GIB = 2 ** 30, MEMORY = 24 * GIB;
const FILES = {
	"/": ["index.html", "text/html; charset=utf-8", "no-cache"],
	"/app.js": ["app.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
	"/app.css": ["app.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"],
};
export const CSP = "default-src 'self'; style-src 'self'; img-src 'self' data:";

const wave = (t, period, phase = 0) => 0.5 + 0.5 * Math.sin(2 * Math.PI * (t / period + phase));
const noise = t => { const x = Math.sin(t * 12.9898) * 43758.5453; return x - Math.floor(x); };
const burst = (t, period, share) => (t % period) / period < share ? 1 : 0;
const round = v => v === null ? null : Number(v.toPrecision(5));

function chart(id, section, title, unit, kind, series, row, extra = {}) {
	return { spec: { id, section, title, help: extra.help ?? `What ${title.toLowerCase()} was each second.`,
		unit, kind, max: extra.max ?? null, ...extra.off ? { off: extra.off } : {} }, series, row };
}

const CHARTS = [
	chart("cpu", "CPU", "CPU by mode", "percent", "stack", ["user", "system", "nice", "irq", "softirq", "steal", "iowait"],
		t => { const b = burst(t, 140, 0.3) * 45; return [8 + b + 6 * noise(t), 3 + b / 4 + 2 * noise(t + 7), 0.2 * noise(t + 1),
			0.1, 0.4 + noise(t + 2) / 2, 0, 3 * burst(t, 90, 0.2) * noise(t + 3)]; },
		{ max: 100, help: "Share of all CPUs' time, by what they did; the rest is idle." }),
	chart("cpu_freq", "CPU", "Clock", "count", "line", ["cpu0", "cpu1"], t => [2.4e9 + 1e9 * burst(t, 140, 0.3), 2.4e9 + 8e8 * wave(t, 60)]),
	chart("load", "CPU", "Load average", "count", "line", ["1 min", "5 min", "15 min"],
		t => [0.4 + 1.4 * wave(t, 140), 0.6 + 0.6 * wave(t, 300), 0.7 + 0.1 * wave(t, 900)],
		{ help: "Tasks running or waiting, for a CPU or for the disk." }),
	chart("switches", "CPU", "Context switches and interrupts", "per_second", "line", ["context switches", "interrupts", "forks"],
		t => [4200 + 3000 * noise(t), 2100 + 900 * noise(t + 4), 3 * noise(t)]),
	chart("memory", "Memory", "Memory by use", "bytes", "stack", ["used", "buffers", "cached", "free"],
		t => { const u = (0.3 + 0.1 * wave(t, 400)) * MEMORY, c = 0.35 * MEMORY; return [u, 0.02 * MEMORY, c, MEMORY - u - c - 0.02 * MEMORY]; },
		{ max: MEMORY, help: "Cached memory is given back when programs need it." }),
	chart("swap", "Memory", "Swap in and out", "bytes_per_second", "line", ["in", "out"], () => [0, 0]),
	chart("faults", "Memory", "Page faults", "per_second", "line", ["minor", "major"], t => [900 + 400 * noise(t), burst(t, 70, 0.05) * 12]),
	chart("psi", "Pressure", "Stalled tasks", "percent", "line",
		["cpu some", "memory some", "memory full", "io some", "io full", "irq full"],
		t => [2.2 * noise(t) + 12 * burst(t, 140, 0.3), 0, 0, 8 * burst(t, 90, 0.2) * noise(t + 5), 4 * burst(t, 90, 0.2) * noise(t + 5), 0.05],
		{ help: "Share of time in which some, or all, tasks waited for the resource." }),
	chart("psi_off", "Pressure", "Stalled cgroups", "percent", "line", [], () => [], { off: "PSI is off: boot with psi=1" }),
	chart("disk_bytes", "Disk", "Disk throughput", "bytes_per_second", "line", ["vda read", "vda write", "vdb read", "vdb write"],
		t => [2e6 * burst(t, 50, 0.2), 3.4e6 * noise(t), 0, 4e7 * burst(t, 90, 0.2)]),
	chart("disk_ops", "Disk", "Disk operations", "per_second", "line", ["vda read", "vda write", "vdb read", "vdb write"],
		t => [120 * burst(t, 50, 0.2), 40 * noise(t), 0, 340 * burst(t, 90, 0.2)]),
	chart("disk_util", "Disk", "Disk utilisation", "percent", "line", ["vda", "vdb"],
		t => [9 * noise(t), 70 * burst(t, 90, 0.2) + 3], { max: 100 }),
	chart("disk_wait", "Disk", "Disk latency", "seconds", "line", ["vda read", "vda write"], t => [3e-4 + 2e-4 * noise(t), 1.2e-3 + 4e-3 * burst(t, 90, 0.2)]),
	chart("net_bytes", "Network", "Network throughput", "bytes_per_second", "line", ["eth0 in", "eth0 out", "lo in", "lo out"],
		t => [1.2e6 * wave(t, 40) + 2e5 * noise(t), 3e5 * wave(t, 55), 2e4, 2e4]),
	chart("net_packets", "Network", "Network packets", "per_second", "line", ["eth0 in", "eth0 out"], t => [900 * wave(t, 40), 420 * wave(t, 55)]),
	chart("net_errors", "Network", "Network errors and drops", "per_second", "line", ["eth0 errors", "eth0 drops"], t => [0, burst(t, 200, 0.01)]),
	chart("tcp", "Network", "TCP", "per_second", "line", ["segments in", "segments out", "retransmitted"], t => [700 * wave(t, 40), 380 * wave(t, 55), noise(t)]),
	chart("fs", "Filesystems", "Space used", "percent", "line",
		["/", "/boot", "/home", "/var", "/var/lib/docker", "/srv/data/archive/2026", "/tmp", "/mnt/a", "/mnt/b", "/mnt/c"],
		t => [41, 22, 63, 71 + wave(t, 900), 88, 93.5, 4, 10, 15, 20], { max: 100 }),
	chart("inodes", "Filesystems", "Inodes used", "percent", "line", ["/", "/home"], () => [12, 3], { max: 100 }),
	chart("agent_cpu", "xmon itself", "CPU of the agent", "percent", "stack", ["core", "web"], t => [0.09 + 0.03 * noise(t), 0.02 * noise(t + 1)],
		{ help: "Share of one CPU." }),
	chart("agent_memory", "xmon itself", "Memory of the agent", "bytes", "stack", ["core", "web"], () => [6.1 * 2 ** 20, 3.4 * 2 ** 20]),
	chart("agent_tick", "xmon itself", "Length of a tick", "seconds", "line", ["tick"], t => [7e-4 + 4e-4 * noise(t)]),
];

const values = (c, t) => c.row(t).map(round);

function hello() {
	return { schema: 1, version: "0.1.0", host: "db7", step_ms: 1000,
		facts: [["kernel", "6.18.44"], ["CPUs", "2"], ["memory", "24.0 GiB"], ["distribution", "Debian GNU/Linux 12"], ["up since", "2026-11-02 04:11"]]
			.map(([name, value]) => ({ name, value })),
		charts: CHARTS.map(c => c.spec) };
}

/* A hole of a minute and one lone value in it, so that gaps can be seen. */
const inHole = k => k >= 200 && k < 260 && k !== 230;

function history(c, end, points) {
	const t0 = end - points + 1;
	const rows = Array.from({ length: points }, (_, k) =>
		inHole(k) ? c.series.map(() => null) : values(c, t0 + k));

	return { chart: c.spec.id, series: c.series, t0, values: c.series.map((_, i) => rows.map(r => r[i])) };
}

/** port 0 takes a free one. The returned object steers the stream; close() ends everything. */
export async function startMock({ port = 0, points = 540, stepMs = 1000 } = {}) {
	const streams = new Set();
	let ticked = Math.floor(Date.now() / 1000);
	const state = { frozen: false, refuse: false, opened: 0, extra: {} };
	const send = (res, event, data) => res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	const now = () => Math.floor(Date.now() / 1000);
	const each = (event, data) => streams.forEach(res => send(res, event, data));
	const live = CHARTS.filter(c => !c.spec.off);

	function open(res) {
		state.opened++;
		res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
		streams.add(res);
		res.on("close", () => streams.delete(res));
		send(res, "hello", hello());
		for (const c of live)
			send(res, "history", history(c, ticked, points));
	}

	async function answer(req, res) {
		const path = req.url.split("?")[0];

		if (path === "/api/v1/live")
			return state.refuse ? res.writeHead(503).end() : open(res);
		if (!FILES[path])
			return res.writeHead(404).end("not found\n");
		const [name, type, cache] = FILES[path];
		res.writeHead(200, { "Content-Type": type, "Cache-Control": cache, "Content-Security-Policy": CSP });
		res.end(await readFile(new URL(name, DIST)));
	}

	const server = createServer((req, res) => answer(req, res).catch(e => res.writeHead(500).end(String(e))));
	const timer = setInterval(() => {
		const t = ticked = now();
		if (!state.frozen)
			each("tick", { t, v: Object.fromEntries(live.map(c => [c.spec.id, values(c, t)])),
				sources_down: [], missed_ticks: 0, ...state.extra });
	}, stepMs);
	await new Promise((done, failed) => server.on("error", failed).listen(port, "127.0.0.1", done));

	return {
		url: `http://127.0.0.1:${server.address().port}/`,
		charts: CHARTS, state, each, now,
		cut: () => streams.forEach(res => res.destroy()),
		close: () => { clearInterval(timer); streams.forEach(res => res.destroy()); server.closeAllConnections(); server.close(); },
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const mock = await startMock({ port: Number(process.argv[2] ?? 0) });
	console.log(mock.url);
}
