/** `npm start`: the tour of the main job, and arguments that go to the command. */
import { equal, match } from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { leaksOf } from "../support/leak-guard.ts";
import { output, run, type RunResult } from "../support/process.ts";
import { ROOT } from "../support/source-tree.ts";
import { within } from "../support/time-limit.ts";

describe("npm start", function () {
  this.timeout(120_000);
  let home: string;
  let netns: string;
  before(async () => {
    home = await mkdtemp("/tmp/slipway-tour-");
    netns = basename(home);
    await output("ip", ["netns", "add", netns]);
  });
  after(async () => {
    const stopped = await start("--stop");
    const leaks = await leaksOf({ root: home, netns, containerIds: new Set() });
    await output("ip", ["netns", "del", netns]);
    await rm(home, { recursive: true, force: true });
    equal(stopped.code, 0, stopped.stderr);
    equal(leaks.join("\n"), "");
  });

  const start = (...args: readonly string[]): Promise<RunResult> =>
    run(
      "nsenter",
      [`--net=/run/netns/${netns}`, process.execPath, join(ROOT, ".ci/setup.mjs"), ".ci/start.mjs", ...args],
      {
        cwd: ROOT,
        env: { SLIPWAY_DEV_HOME: home, NO_COLOR: "1" },
        signal: within(100_000),
      },
    );

  it("runs the tour, each step as the command that does it, and ends with what to type next", async () => {
    const { code, stdout, stderr } = await start();
    equal(code, 0, stdout + stderr);
    match(stdout, /slipway import [^]*\$ slipway run [^]*\d+ ms/);
    match(stdout, /hello from the tour/);
    match(stdout, /67108864/); // the limit, read in the container
    match(stdout, /npm start -- run -it busybox sh/);
  });

  it("a second run uses the daemon that is there", async () => {
    const { code, stdout, stderr } = await start();
    equal(code, 0, stdout + stderr);
    match(stdout, /already running/);
  });

  it("arguments go to the command, with its exit code", async () => {
    const { code, stdout } = await start(
      "run",
      "--rm",
      "--network",
      "none",
      "busybox",
      "sh",
      "-c",
      "echo from here; exit 4",
    );
    equal(`${code} ${stdout}`, "4 from here\n");
    equal(existsSync(join(home, "slipway.pid")), true);
  });
});
