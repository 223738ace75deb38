/** Nothing is left after a container, and nothing at all after the daemon. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SLOWNESS } from "../support/time-limit.ts";
import { TestDaemon } from "../support/daemon.ts";
import { leaksOf, mountsBelow } from "../support/leak-guard.ts";

const PARALLEL = 6;

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** What a descriptor is; empty for one that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Thread → how often it went to sleep of its own accord, which it does after each time that it was woken. */
function wakeUps(pid: number): Readonly<Record<string, number>> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    return [thread, Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1])] as const;
  });
  return Object.fromEntries(threads);
}

describe("cleanliness", function () {
  this.timeout(90_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  async function run(
    body: Readonly<Record<string, unknown>>,
    host: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const request = { body: { Image: "busybox", Cmd: ["true"], ...body, HostConfig: host } };
    const { Id } = await daemon.call<{ Id: string }>("POST", "/containers/create", request);
    await daemon.call("POST", `/containers/${Id}/start`);
    await daemon.call("POST", `/containers/${Id}/wait`);
    return Id;
  }
  const links = async (): Promise<readonly string[]> =>
    (JSON.parse(await daemon.inNetns("ip", "-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname).sort();
  /** But for the connections of whoever asks, which a client keeps as it likes. */
  const descriptors = (): readonly string[] => {
    const sockets = readFileSync(`/proc/${daemon.pid}/net/unix`, "utf8").split("\n");
    const asked = sockets.filter((line) => line.endsWith(` ${daemon.socket}`)).map((line) => line.split(/ +/)[6]);
    return readdirSync(`/proc/${daemon.pid}/fd`)
      .map((fd) => linkOf(`/proc/${daemon.pid}/fd/${fd}`))
      .filter((target) => !asked.includes(/^socket:\[(\d+)\]$/.exec(target)?.[1]));
  };

  it("an exited container holds no mount of its root, no network, no process", async () => {
    await run({}); // what is made once, such as the bridge, is there from now on
    const before = { mounts: mountsBelow(daemon.root), links: await links() };
    const id = await run({ Cmd: ["sh", "-c", "echo x >/file"] }, { Binds: ["kept:/v"], Tmpfs: { "/scratch": "" } });
    deepEqual({ mounts: mountsBelow(daemon.root), links: await links() }, before);
    await daemon.call("DELETE", `/containers/${id}?v=1`);
  });

  it(`${PARALLEL} at once, with networks, execs and terminals, leave no descriptor in the daemon`, async () => {
    const round = async (): Promise<void> => {
      const ids = await Promise.all(Array.from({ length: PARALLEL }, (_, index) => run({ Tty: index % 2 === 0 })));
      await Promise.all(ids.map((id) => daemon.call("DELETE", `/containers/${id}`)));
      // An interface goes after the answer: this one's alone may be on its way yet.
      await daemon.call("DELETE", `/containers/${await run({})}`);
    };
    await round(); // the first makes what is kept: worker threads, the database's files
    const before = descriptors();
    await round();
    await round();
    const after = descriptors();
    ok(
      after.length <= before.length + 2,
      `before: ${[...before].sort().join(", ")}\nafter: ${[...after].sort().join(", ")}`,
    );
  });

  it("a container that cannot start leaves nothing", async () => {
    const before = { mounts: mountsBelow(daemon.root), links: await links() };
    const request = { body: { Image: "busybox", Cmd: ["no-such-command"] } };
    const { Id } = await daemon.call<{ Id: string }>("POST", "/containers/create", request);
    equal((await daemon.api("POST", `/containers/${Id}/start`)).status, 400);
    await daemon.call("DELETE", `/containers/${Id}`);
    deepEqual({ mounts: mountsBelow(daemon.root), links: await links() }, before);
  });

  it("a killed daemon's orphans are swept by the next start", async () => {
    const request = { body: { Image: "busybox", Cmd: ["sleep", "1000"] } };
    const { Id } = await daemon.call<{ Id: string }>("POST", "/containers/create", request);
    await daemon.call("POST", `/containers/${Id}/start`);
    const { State } = await daemon.call<{ State: { Pid: number } }>("GET", `/containers/${Id}/json`);
    await daemon.kill();
    process.kill(State.Pid, "SIGKILL");
    await daemon.launch();
    await daemon.call("POST", `/containers/${Id}/wait`);
    await daemon.call("DELETE", `/containers/${Id}?force=1`);
    const left = await leaksOf({ root: join(daemon.root, "data"), containerIds: new Set([Id]) });
    // The daemon itself names its data root.
    deepEqual(
      left.filter((each) => !each.startsWith(`process: ${daemon.pid} `)),
      [],
    );
  });

  it("idle means idle: with a container that sleeps and nobody who asks, no thread of the daemon or the shim wakes up", async () => {
    const request = { body: { Image: "busybox", Cmd: ["sleep", "1000"] } };
    const { Id } = await daemon.call<{ Id: string }>("POST", "/containers/create", request);
    await daemon.call("POST", `/containers/${Id}/start`);
    const { State } = await daemon.call<{ State: { Pid: number } }>("GET", `/containers/${Id}/json`);
    const watched = [daemon.pid, parentOf(State.Pid)];
    // What follows work: idle threads end after one second, memory is given back after two, V8 looks at its heap after eight.
    // These are clocks; what they begin is work, and takes as long as work takes here.
    await setTimeout(11_000 + 1000 * SLOWNESS);
    const before = watched.map(wakeUps);
    await setTimeout(5000);
    deepEqual(watched.map(wakeUps), before);
    await daemon.call("DELETE", `/containers/${Id}?force=1`);
  });

  it("removing every container and image gives the disk back", async () => {
    for (const { Id } of await daemon.call<{ Id: string }[]>("GET", "/containers/json?all=1"))
      await daemon.call("DELETE", `/containers/${Id}?force=1&v=1`);
    for (const { Id } of await daemon.call<{ Id: string }[]>("GET", "/images/json?all=1"))
      await daemon.call("DELETE", `/images/${Id}?force=1`);
    const busybox = await daemon.inNetns(
      "find",
      join(daemon.root, "data"),
      "-type",
      "f",
      "-size",
      "+200k",
      "-not",
      "-name",
      "*.db*",
      "-not",
      "-name",
      "*.sqlite*",
    );
    equal(busybox, "");
  });
});
