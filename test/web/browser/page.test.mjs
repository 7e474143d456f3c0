// The page in a real browser against the mock agent: states in words, gaps, cursor, keyboard, themes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { haveChromium, launch, untilState, watchTrouble } from "../browser.mjs";
import { startMock } from "../mock.mjs";

const DESKTOP = { width: 1440, height: 900 };
let browser;

before(async () => { browser = haveChromium ? await launch() : null; });
after(() => browser?.close());

/** A test with its own agent and page; trouble on the console fails it, unless it is expected. */
function pageTest(name, run, { expectTrouble = false, ...options } = {}) {
	test(name, { skip: !haveChromium && "no /usr/bin/chromium", timeout: 60000 }, async () => {
		const mock = await startMock();
		const page = await browser.newPage({ viewport: DESKTOP, ...options });
		const trouble = watchTrouble(page, mock.url);

		try {
			await page.goto(mock.url);
			await run(page, mock);
			if (!expectTrouble)
				assert.deepEqual(trouble, []);
		} finally {
			await page.close();
			mock.close();
		}
	});
}

const until = (page, fn, arg) => page.waitForFunction(fn, arg, { timeout: 20000 });
const stateText = page => page.textContent(".state");
const clock = page => page.textContent(".clock");
const untilText = (page, selector, text) =>
	until(page, ([s, t]) => document.querySelector(s)?.textContent.includes(t), [selector, text]);
const points = (page, id) => page.$eval(`#chart-${id} .plot`, e => Number(e.dataset.points ?? 0));
const untilPoints = (page, id, n) =>
	until(page, ([i, m]) => Number(document.querySelector(`#chart-${i} .plot`)?.dataset.points) >= m, [id, n]);

pageTest("connects, fills in the history, and is live", async page => {
	await untilState(page, "live");
	await untilPoints(page, "cpu", 481);
	assert.equal(await page.title(), "db7 · xmon");
	assert.match(await page.textContent(".facts"), /kernel6\.18\.44/);
	assert.equal(await page.$$eval(".tile", t => t.length), 8);
});

pageTest("silence is told in seconds, and ends with the next tick", async (page, mock) => {
	await untilState(page, "live");
	mock.state.frozen = true;
	await untilState(page, "stale");
	assert.match(await stateText(page), /^no data for \d+ s$/);
	assert.match(await page.title(), /^\(stale\)/);
	mock.state.frozen = false;
	await untilState(page, "live");
});

pageTest("a cut connection is told and comes back with all data", async (page, mock) => {
	await untilState(page, "live");
	mock.cut();
	await untilState(page, "disconnected");
	assert.equal(await stateText(page), "disconnected, reconnecting");
	await untilState(page, "live");
	assert.equal(mock.state.opened, 2);
	await untilPoints(page, "cpu", 481);
}, { expectTrouble: true });

pageTest("a refused connection is tried again", async (page, mock) => {
	await untilState(page, "live");
	mock.state.refuse = true;
	mock.cut();
	await until(page, () => performance.getEntriesByType("resource").filter(e => e.name.endsWith("/live")).length >= 2);
	await untilState(page, "disconnected");
	mock.state.refuse = false;
	await untilState(page, "live");
}, { expectTrouble: true });

pageTest("space pauses and resumes, and nothing is missing after", async (page, mock) => {
	await untilState(page, "live");
	await page.keyboard.press("Space");
	await untilState(page, "paused");
	const stood = await clock(page), from = mock.now();
	while (mock.now() < from + 3)
		await page.evaluate(() => new Promise(requestAnimationFrame));
	assert.equal(await clock(page), stood);
	assert.equal(await page.getAttribute("#pause", "aria-pressed"), "true");
	await page.keyboard.press("Space");
	await untilState(page, "live");
	await untilPoints(page, "cpu", 481);
	assert.equal(mock.state.opened, 2);
});

pageTest("a hole in the data is a hole in the line", async page => {
	await untilState(page, "live");
	await untilPoints(page, "memory", 481);
	await page.evaluate(() => document.querySelector("#chart-memory").scrollIntoView());
	const filled = await page.$eval("#chart-memory .plot", host => {
		const over = host.querySelector(".u-over"), canvas = host.querySelector("canvas");
		const ratio = canvas.width / canvas.clientWidth;
		const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height })
			.getContext("2d", { willReadFrequently: true });
		copy.drawImage(canvas, 0, 0);
		const pixels = copy.getImageData(0, 0, canvas.width, canvas.height);
		const at = slots => {
			const x = (over.offsetLeft + over.clientWidth * (1 - slots / 599)) * ratio;
			const y = (over.offsetTop + over.clientHeight * 0.93) * ratio;
			return pixels.data[4 * (Math.round(y) * canvas.width + Math.round(x)) + 3] > 200;
		};
		return { before: at(400), hole: at(325), hole2: at(290), after: at(200) };
	});
	assert.deepEqual(filled, { before: true, hole: false, hole2: false, after: true });
});

pageTest("a chart out of sight is not drawn until it is seen", async page => {
	await untilState(page, "live");
	await untilPoints(page, "cpu", 2);
	assert.equal(await points(page, "agent_tick"), 0);
	await page.evaluate(() => document.querySelector("#chart-agent_tick").scrollIntoView());
	await untilPoints(page, "agent_tick", 2);
});

pageTest("a chart that cannot work says why", async page => {
	await untilState(page, "live");
	assert.match(await page.textContent("#chart-psi_off"), /PSI is off: boot with psi=1/);
	assert.equal(await page.$("#chart-psi_off canvas"), null);
});

pageTest("one cursor for all charts, by mouse and by keys", async page => {
	await untilState(page, "live");
	await untilPoints(page, "load", 2);
	await page.hover("#chart-cpu .u-over");
	await page.waitForSelector("#chart-load .at");
	const times = await page.$$eval(".at", all => all.map(e => e.textContent));
	assert.ok(times.length >= 4);
	assert.equal(new Set(times).size, 1);

	const seconds = async () => (await page.textContent("#chart-load .at")).split(":").reduce((s, v) => 60 * s + Number(v), 0);
	await page.keyboard.press("Space");
	await untilState(page, "paused");
	const from = await seconds();
	await page.focus("#chart-cpu .plot");
	await page.keyboard.press("ArrowLeft");
	await page.keyboard.press("Shift+ArrowLeft");
	await until(page, t => document.querySelector("#chart-load .at").textContent.endsWith(t),
		String((from - 11) % 60).padStart(2, "0"));
	await page.keyboard.press("Escape");
	await until(page, () => !document.querySelector(".at"));
});

pageTest("the legend hides and shows a series from the keyboard", async page => {
	await untilState(page, "live");
	const button = page.locator("#chart-load .legend button").first();
	await button.focus();
	await page.keyboard.press("Enter");
	assert.equal(await button.getAttribute("aria-pressed"), "false");
	await page.keyboard.press("Space");
	assert.equal(await button.getAttribute("aria-pressed"), "true");
	assert.equal(await page.evaluate(() => document.documentElement.dataset.state), "live");
	await button.click({ modifiers: ["Shift"] });
	assert.deepEqual(await page.$$eval("#chart-load .legend button", b => b.map(e => e.getAttribute("aria-pressed"))),
		["true", "false", "false"]);
});

pageTest("new series of a chart appear", async (page, mock) => {
	await untilState(page, "live");
	mock.each("history", { chart: "load", series: ["1 min", "new disk"], t0: mock.now() - 1, values: [[1, 2], [3, 4]] });
	await untilText(page, "#chart-load .legend", "new disk");
	assert.equal(await page.$$eval("#chart-load .legend li", l => l.length), 2);
	assert.equal(await page.$$eval("#chart-load canvas", c => c.length), 1);
});

pageTest("sources that are down and missed ticks are told", async (page, mock) => {
	await untilState(page, "live");
	mock.state.extra = { sources_down: ["hwmon", "nvme"], missed_ticks: 3 };
	await untilText(page, ".notice", "sources down: hwmon, nvme");
	assert.match(await page.textContent("header"), /missed ticks: 3/);
});

pageTest("the chosen colours outlive a reload, and choosing the system's again follows it", async page => {
	const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
	await untilState(page, "live");
	assert.equal(await theme(), "light");
	await page.click("#theme");
	assert.equal(await theme(), "dark");
	await page.reload();
	await untilState(page, "live");
	assert.equal(await theme(), "dark");
	await page.click("#theme");
	await page.emulateMedia({ colorScheme: "dark" });
	await until(page, () => document.documentElement.dataset.theme === "dark");
});

test("without storage the page still works", { skip: !haveChromium && "no /usr/bin/chromium" }, async () => {
	const mock = await startMock(), page = await browser.newPage();
	const trouble = watchTrouble(page, mock.url);
	try {
		await page.addInitScript(() => Object.defineProperty(window, "localStorage",
			{ get() { throw new DOMException("denied", "SecurityError"); } }));
		await page.goto(mock.url);
		await untilState(page, "live");
		await page.click("#theme");
		assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
		assert.deepEqual(trouble, []);
	} finally {
		await page.close();
		mock.close();
	}
});

for (const width of [320, 390, 768, 1024])
	pageTest(`no sideways scrolling at ${width} px`, async page => {
		await untilState(page, "live");
		const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		assert.ok(over <= 0, `${over} px too wide`);
	}, { viewport: { width, height: 800 } });

pageTest("no smooth scrolling for those who want less motion", async page => {
	const how = () => page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior);
	assert.equal(await how(), "smooth");
	await page.emulateMedia({ reducedMotion: "reduce" });
	assert.equal(await how(), "auto");
});
