// The daemon of this checkout: on a socket and roots of its own, left running between calls of `npm start`.
import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DIST, ENV, NODE, ROOT } from "./paths.mjs";

const PROGRAM = join(DIST, "slipwayd.js");
const READY_FD = 3;

function places() {
  const home = process.env.SLIPWAY_DEV_HOME;
  if (home) return { data: join(home, "data"), run: home };
  if (process.getuid() === 0) return { data: "/var/lib/slipway-dev", run: "/run/slipway-dev" };
  const run = process.env.XDG_RUNTIME_DIR ?? join(homedir(), ".cache");
  return { data: join(homedir(), ".local/share/slipway-dev"), run: join(run, "slipway-dev") };
}

const { data, run } = places();
export const SOCKET = join(run, "slipway.sock");
export const LOG = join(run, "slipway.log");
const RECORD = join(run, "slipway.pid");

/** `{ pid, build }` of the daemon that runs, or undefined. The command line guards against a pid that was given out again. */
function runningDaemon() {
  try {
    const record = JSON.parse(readFileSync(RECORD, "utf8"));
    return readFileSync(`/proc/${record.pid}/cmdline`, "utf8").includes(PROGRAM) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Changes with every build, so that a new build replaces the daemon; the containers live on. */
const buildOf = () => statSync(PROGRAM).mtimeMs;

/** @returns {Promise<{ pid: number, started: boolean }>} */
export async function ensureDaemon() {
  const running = runningDaemon();
  if (running?.build === buildOf()) return { pid: running.pid, started: false };
  if (running !== undefined) await stopDaemon();
  mkdirSync(run, { recursive: true, mode: 0o711 });
  const log = openSync(LOG, "a");
  const args = [PROGRAM, "--data-root", data, "--exec-root", join(run, "exec"), "-H", `unix://${SOCKET}`];
  const child = spawn(NODE, args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
    env: { ...ENV, SLIPWAY_READY_FD: String(READY_FD) },
  });
  closeSync(log);
  writeFileSync(RECORD, JSON.stringify({ pid: child.pid, build: buildOf() }));
  for await (const line of createInterface({ input: child.stdio[READY_FD] })) {
    if (!line.includes('"ready"')) continue;
    child.unref();
    child.stdio[READY_FD].destroy();
    return { pid: child.pid, started: true };
  }
  rmSync(RECORD, { force: true });
  throw new Error(`the daemon did not start:\n${readFileSync(LOG, "utf8").slice(-2000)}`);
}

/** Resolves when it is gone; containers that run go on. */
export async function stopDaemon() {
  const running = runningDaemon();
  if (running === undefined) return;
  process.kill(running.pid, "SIGTERM");
  // The process is not our child, so its end is awaited with tail(1), which holds a pidfd or polls in our stead.
  const waiter = spawn("tail", ["--pid", String(running.pid), "-f", "/dev/null"], { stdio: "ignore" });
  await new Promise((resolve) => waiter.on("close", resolve));
  rmSync(RECORD, { force: true });
}
