/** The `slipway` command. Only this file runs before the cache of compiled code is on; the rest is loaded after it. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Not the default place in /tmp, where another user could leave code for root to run.
const cache = process.env["XDG_CACHE_HOME"] || (process.env["HOME"] && join(process.env["HOME"], ".cache"));
if (cache) enableCompileCache(join(cache, "slipway", "compiled"));

const { runProgram } = await import("./program.ts");
const code = await runProgram(process.argv.slice(2), process);
// Files and terminals take what is written at once, pipes and sockets only what they have room for. What else still waits (a read of
// the terminal, an idle connection) must not hold the command.
await Promise.all([process.stdout, process.stderr].map(written));
process.exit(code);

/** Also when nobody reads any more. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("close", resolve).write("", () => resolve());
  await promise;
}
