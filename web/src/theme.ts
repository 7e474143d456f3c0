// Light or dark, and the colours of app.css as the canvas needs them.
import { effect, signal } from "@preact/signals";

export type Theme = "light" | "dark";
export const HUES = 8;

const KEY = "xmon-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const theme = signal<Theme>(remembered() ?? preferred());

export interface Colours {
	line: string[];
	/** The line's colour mixed into the surface: opaque, so that stacked areas do not add up. */
	area: string[];
	text: string;
	grid: string;
}

let cache: Colours | null = null;

function preferred(): Theme {
	return system.matches ? "dark" : "light";
}

/* Storage may be switched off; then the choice lasts as long as the page. */
function remembered(): Theme | null {
	try {
		const t = localStorage.getItem(KEY);
		return t === "light" || t === "dark" ? t : null;
	} catch {
		return null;
	}
}

function remember(t: Theme): void {
	try {
		if (t === preferred())
			localStorage.removeItem(KEY);
		else
			localStorage.setItem(KEY, t);
	} catch {
		/* not remembered */
	}
}

export function flipTheme(): void {
	theme.value = theme.value === "dark" ? "light" : "dark";
	remember(theme.value);
}

export function followTheme(): void {
	effect(() => {
		document.documentElement.dataset.theme = theme.value;
		cache = null;
	});
	system.addEventListener("change", () => { theme.value = remembered() ?? preferred(); });
}

export function colours(): Colours {
	return cache ??= readColours();
}

function readColours(): Colours {
	const css = getComputedStyle(document.documentElement);
	const read = (name: string) => css.getPropertyValue(name).trim();
	const line = Array.from({ length: HUES }, (_, i) => read(`--s${i}`));

	return {
		line,
		area: line.map(c => mix(c, read("--surface"), 0.55)),
		text: read("--muted"),
		grid: read("--grid"),
	};
}

/** Both colours as #rrggbb. */
export function mix(over: string, under: string, share: number): string {
	const part = (c: string, i: number) => parseInt(c.slice(1 + 2 * i, 3 + 2 * i), 16);
	const sum = [0, 1, 2].map(i => Math.round(share * part(over, i) + (1 - share) * part(under, i)));

	return "#" + sum.map(n => n.toString(16).padStart(2, "0")).join("");
}
