import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SlipwayError } from "../transport/errors.ts";

/**
 * The bundled daemon: `slipwayd.js` beside this bundle, or `sdk/dist/slipwayd.js` when the SDK runs from its sources.
 * @throws SlipwayError NotImplemented when it was not built.
 */
export function daemonProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, "slipwayd.js"), join(here, "..", "slipwayd.js"), join(here, "..", "dist", "slipwayd.js")];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new SlipwayError("NotImplemented", `the bundled daemon is missing: looked for ${places.join(", ")}`);
}
