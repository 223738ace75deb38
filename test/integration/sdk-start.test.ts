/** `Engine.start`: an engine that ends with its program. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../support/source-tree.ts";
import { leaksOf } from "../support/leak-guard.ts";
import { output } from "../support/process.ts";

interface Started {
  readonly host: string;
  readonly pid: number;
  readonly dataRoot: string;
  readonly container: string;
}

describe("Engine.start", () => {
  const netns = `slipway-start-${process.pid}`;
  let program: ChildProcess;
  let started: Started;

  before(() => output("ip", ["netns", "add", netns]));
  after(() => output("ip", ["netns", "del", netns]));

  beforeEach(async () => {
    const args = [`--net=/run/netns/${netns}`, process.execPath, join(ROOT, "test/support/engine-program.ts")];
    program = spawn("nsenter", args, { stdio: ["pipe", "pipe", "inherit"] });
    for await (const line of createInterface({ input: program.stdout! })) {
      started = JSON.parse(line) as Started;
      break;
    }
  });

  /** Resolves when the daemon, which holds the other end, is gone too. */
  const daemonGone = async (): Promise<void> => {
    const waiter = spawn("tail", ["--pid", String(started.pid), "-f", "/dev/null"]);
    await once(waiter, "exit");
  };
  const leaks = (): Promise<readonly string[]> =>
    leaksOf({ root: dirname(started.dataRoot), netns, containerIds: new Set([started.container]) });

  it("is disposed: the daemon, its container and its folder are gone", async () => {
    ok(existsSync(started.dataRoot));
    program.stdin?.end();
    const [code] = (await once(program, "exit")) as [number];
    equal(code, 0);
    deepEqual(await leaks(), []);
    ok(!existsSync(dirname(started.dataRoot)));
  });

  it("ends with a program that is killed with SIGKILL, and leaves nothing", async () => {
    program.kill("SIGKILL");
    await daemonGone();
    deepEqual(await leaks(), []);
    ok(!existsSync(dirname(started.dataRoot)));
  });
});
