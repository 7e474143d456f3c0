// The series colours of app.css: visible on their surface, and apart for every kind of eye.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { source } from "./load.mjs";

const css = readFileSync(source("app.css"), "utf8");
const colours = block => Object.fromEntries([...block.matchAll(/--(\w+): (#\w{6});/g)].map(m => m.slice(1)));
const light = colours(css.match(/:root \{[^}]*\}/)[0]);
const dark = colours(css.match(/:root\[data-theme="dark"\] \{[^}]*\}/)[0]);

/* What dichromats see, in linear RGB (Machado, Oliveira and Fernandes 2009, severity 1). */
const EYES = {
	"normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
	"no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
	"no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
	"no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

const times = (matrix, v) => matrix.map(row => row.reduce((sum, m, i) => sum + m * v[i], 0));

function linear(hex) {
	return [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
		.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
}

function contrast(a, b) {
	const [low, high] = [a, b].map(c => times([[0.2126, 0.7152, 0.0722]], linear(c))[0]).sort((x, y) => x - y);
	return (high + 0.05) / (low + 0.05);
}

/* Oklab: equal distances look equally far apart. */
function oklab(rgb) {
	const lms = times([[0.4122215, 0.5363325, 0.051446], [0.2119035, 0.6806995, 0.1073970], [0.0883025, 0.2817188, 0.6299787]],
		rgb.map(c => Math.max(0, c))).map(Math.cbrt);
	return times([[0.2104543, 0.7936178, -0.0040720], [1.9779985, -2.4285922, 0.4505937], [0.0259040, 0.7827718, -0.8086758]], lms);
}

const hues = theme => Array.from({ length: 8 }, (_, i) => theme[`s${i}`]);

for (const [name, theme] of Object.entries({ light, dark })) {
	test(`${name}: every series has 3:1, every text 4.5:1`, () => {
		for (const c of hues(theme))
			assert.ok(contrast(c, theme.surface) >= 3, `${c} ${contrast(c, theme.surface)}`);
		for (const c of ["text", "muted", "accent", "good", "warn"])
			for (const under of ["surface", "page"])
				assert.ok(contrast(theme[c], theme[under]) >= 4.5, `${c} on ${under}`);
	});
	for (const [eye, matrix] of Object.entries(EYES))
		test(`${name}: any two series differ, ${eye}`, () => {
			const seen = hues(theme).map(c => oklab(times(matrix, linear(c))));
			seen.forEach((a, i) => seen.slice(0, i).forEach((b, j) =>
				assert.ok(Math.hypot(...a.map((v, k) => v - b[k])) >= 0.06, `s${j} and s${i}`)));
		});
}
