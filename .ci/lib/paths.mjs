// Where things are in the checkout. Everything in .ci runs on Node 20 too, before anything is installed.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const BIN = join(ROOT, "node_modules/.bin");
export const NODE = join(BIN, "node");
export const DIST = join(ROOT, "sdk/dist");
/** Stamps and other things that a clean checkout can do without. Inside node_modules, so that removing it removes them. */
export const CACHE = join(ROOT, "node_modules/.cache/slipway");
/** Node 24 and the tools of the workspace first, whatever `node` was called. */
export const ENV = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? "/usr/bin:/bin"}:/usr/sbin:/sbin` };
