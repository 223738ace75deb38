/** The `slipway` command. Only this file runs before the cache of compiled code is on; the rest is loaded after it. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Not the default place in /tmp, where another user could leave code for root to run.
const cache = process.env["XDG_CACHE_HOME"] || (process.env["HOME"] && join(process.env["HOME"], ".cache"));
if (cache) enableCompileCache(join(cache, "slipway", "compiled"));

const { runProgram } = await import("./program.ts");
const code = await runProgram(process.argv.slice(2), process);
// Standard output is synchronous for files, pipes and terminals on Linux: nothing is cut. What still waits (a read of the
// terminal, an idle connection) must not hold the command.
process.exit(code);
