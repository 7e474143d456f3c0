// Looks at the dashboard of a running agent as a reader would: `node test/web/page.mjs URL OUT.png`.
// Asserts what must hold, prints what was measured, writes OUT.png and OUT-phone.png.
import assert from "node:assert/strict";
import { launch, untilState, watchTrouble } from "./browser.mjs";

const [url, out] = process.argv.slice(2);
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
const CHARTS = 8, POINTS = 2, MEASURE_S = 10;

/** In the page: the charts with enough points and something on their canvas, null while too few. */
function drawnCharts({ points, charts }) {
	/* Read from a copy: reading a canvas itself changes how the browser treats it. */
	const inked = canvas => {
		const { width, height } = canvas;
		const copy = Object.assign(document.createElement("canvas"), { width, height })
			.getContext("2d", { willReadFrequently: true });
		copy.drawImage(canvas, 0, 0);
		return copy.getImageData(width / 4, 0, width * 3 / 4, height).data.some((v, i) => i % 4 === 3 && v > 128);
	};
	const drawn = [...document.querySelectorAll(".plot")]
		.filter(p => Number(p.dataset.points) >= points && inked(p.querySelector("canvas")));
	return drawn.length >= charts ? drawn.map(p => p.closest(".card").id) : null;
}

async function untilDrawn(page) {
	const drawn = await page.waitForFunction(drawnCharts, { points: POINTS, charts: CHARTS }, { timeout: 30000 });
	return drawn.jsonValue();
}

async function showEverything(page, width) {
	const height = await page.evaluate(() => document.documentElement.scrollHeight);
	await page.setViewportSize({ width, height: Math.min(height, 12000) });
}

/** CPU time of the page's main thread as a share of time: what others do on the machine is not in it. */
async function busyShare(page) {
	const cdp = await page.context().newCDPSession(page);
	const read = async () => (await cdp.send("Performance.getMetrics")).metrics.find(m => m.name === "TaskDuration").value;

	await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
	const before = await read(), from = performance.now();
	await page.waitForTimeout(MEASURE_S * 1000);
	const share = (await read() - before) / (performance.now() - from) * 1000;
	await cdp.detach();
	return share;
}

const longTasks = page => page.evaluate(() => new Promise(done => {
	new PerformanceObserver(list => done(list.getEntries().map(e => Math.round(e.duration))))
		.observe({ type: "longtask", buffered: true });
	setTimeout(() => done([]), 300);
}));

const firstPaint = page => page.evaluate(() =>
	performance.getEntriesByName("first-contentful-paint")[0]?.startTime);

const background = page => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const percent = share => `${(100 * share).toFixed(1)} %`;

async function desktop(browser, trouble) {
	const page = await browser.newPage(DESKTOP);
	trouble.push(watchTrouble(page, url));
	await page.goto(url);
	await untilState(page, "live");
	console.log(`first contentful paint: ${Math.round(await firstPaint(page))} ms`);

	const usual = await busyShare(page);
	await page.screenshot({ path: out });
	console.log(`main thread busy, ${MEASURE_S} s, one screen: ${percent(usual)}`);
	await showEverything(page, 1440);
	const drawn = await untilDrawn(page);
	console.log(`charts drawn: ${drawn.length} (${drawn.join(" ")})`);
	console.log(`main thread busy, ${MEASURE_S} s, every chart in view: ${percent(await busyShare(page))}`);
	console.log(`long tasks (> 50 ms), all along: ${(await longTasks(page)).join(", ") || "none"}`);
	assert.equal(await page.evaluate(() => document.documentElement.dataset.state), "live");

	const light = await background(page);
	await page.click("#theme");
	assert.notEqual(await background(page), light, "the dark colours differ from the light ones");
	await page.close();
}

async function darkBySystem(browser, trouble) {
	const page = await browser.newPage({ ...DESKTOP, colorScheme: "dark" });
	trouble.push(watchTrouble(page, url));
	await page.goto(url);
	await untilState(page, "live");
	const [r] = (await background(page)).match(/\d+/g).map(Number);
	assert.ok(r < 64, "a system set to dark gets a dark page");
	await page.close();
}

async function phone(browser, trouble) {
	const page = await browser.newPage(PHONE);
	trouble.push(watchTrouble(page, url));
	await page.goto(url);
	await untilState(page, "live");
	await page.waitForFunction(() => document.querySelector(".plot")?.dataset.points >= 1);
	const { scrollWidth, clientWidth } = await page.evaluate(() => {
		const { scrollWidth, clientWidth } = document.documentElement;
		return { scrollWidth, clientWidth };
	});
	assert.ok(scrollWidth <= clientWidth, `the phone page is ${scrollWidth} px wide on ${clientWidth}`);
	await page.screenshot({ path: out.replace(/\.png$/, "-phone.png") });
	await page.close();
}

if (!url || !out?.endsWith(".png")) {
	console.error("usage: node test/web/page.mjs URL OUT.png");
	process.exit(2);
}
const browser = await launch();
const trouble = [];
try {
	await desktop(browser, trouble);
	await darkBySystem(browser, trouble);
	await phone(browser, trouble);
	assert.deepEqual(trouble.flat(), [], "no errors, no warnings, no request elsewhere");
	console.log("page: ok");
} finally {
	await browser.close();
}
