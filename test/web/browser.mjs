// Starts Debian's Chromium for the tests of the page, and gathers what must not happen on it.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const haveChromium = existsSync(CHROMIUM);

export function launch() {
	return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** Errors on the console (a CSP violation is one), exceptions, and requests to other origins. */
export function watchTrouble(page, url) {
	const trouble = [];
	const origin = new URL(url).origin;

	page.on("console", m => ["error", "warning"].includes(m.type()) && trouble.push(`console: ${m.text()}`));
	page.on("pageerror", e => trouble.push(`exception: ${e.message}`));
	page.on("request", r => new URL(r.url()).origin !== origin && !r.url().startsWith("data:") &&
		trouble.push(`request to another origin: ${r.url()}`));
	return trouble;
}

/** Wait until the page says it is in this state. */
export function untilState(page, state, timeout = 15000) {
	return page.waitForFunction(s => document.documentElement.dataset.state === s, state, { timeout });
}
