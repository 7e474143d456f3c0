// Brings a module of web/src into node: esbuild (web/node_modules) bundles it in memory.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const WEB = new URL("../../../web/", import.meta.url);
const { buildSync } = createRequire(new URL("package.json", WEB))("esbuild");

export const source = name => fileURLToPath(new URL(`src/${name}`, WEB));

export function load(name) {
	const { outputFiles } = buildSync({ entryPoints: [source(name)], bundle: true, write: false, format: "esm" });
	return import("data:text/javascript;base64," + Buffer.from(outputFiles[0].contents).toString("base64"));
}
