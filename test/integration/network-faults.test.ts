/** A daemon that is killed between any two steps of what it does with networks: the next one repairs what is left. */
import { equal, ok } from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestDaemon } from "../support/daemon.ts";
import { bundleKillableDaemon } from "../support/killable-daemon.ts";

describe("a daemon killed between any two steps", function () {
  // Some forty daemons are started.
  this.timeout(300_000);
  let daemon: TestDaemon;
  const environment = { ...process.env };
  const scratch = mkdtempSync(join(tmpdir(), "slipway-kill-at-"));
  const killAt = join(scratch, "steps");

  before(async () => {
    process.env["SLIPWAY_TEST_PROGRAM"] = await bundleKillableDaemon();
    process.env["SLIPWAY_TEST_KILL_AT"] = killAt;
    const { TestDaemon } = await import("../support/daemon.ts");
    daemon = await TestDaemon.start();
    for (const Name of ["one", "two"]) await daemon.call("POST", "/networks/create", { body: { Name } });
    await create("peer", "one");
    await daemon.call("POST", "/containers/peer/start");
    await daemon.call("POST", "/networks/two/connect", { body: { Container: "peer" } });
  });
  after(async () => {
    await daemon[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
    for (const name of ["SLIPWAY_TEST_PROGRAM", "SLIPWAY_TEST_KILL_AT"])
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
  });

  async function create(name: string, network: string): Promise<void> {
    const body = {
      Image: "busybox",
      // The peer is there to the end, on an emulated machine too.
      Cmd: ["sleep", "100000"],
      HostConfig: { NetworkMode: network, PortBindings: { "80/tcp": [{ HostPort: "" }] } },
    };
    await daemon.call("POST", `/containers/create?name=${name}`, { body });
  }
  const networksOf = async (name: string): Promise<readonly string[]> =>
    Object.keys((await daemon.call<Inspect>("GET", `/containers/${name}/json`)).NetworkSettings.Networks);
  const isRunning = async (name: string): Promise<boolean> =>
    (await daemon.call<Inspect>("GET", `/containers/${name}/json`)).State.Running;
  const statusOf = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await daemon.api(method, path, { body })).status;

  /** By name on each network that both are on, so that interfaces, rules, addresses and names are all there. */
  async function reaches(name: string, other: string): Promise<void> {
    const { Id } = await daemon.call<{ Id: string }>("POST", `/containers/${name}/exec`, {
      body: { Cmd: ["ping", "-c1", "-W2", other], AttachStdout: true, AttachStderr: true, Tty: true },
    });
    const { text } = await daemon.api("POST", `/exec/${Id}/start`, { body: { Tty: true } });
    const { ExitCode } = await daemon.call<{ ExitCode: number }>("GET", `/exec/${Id}/json`);
    equal(ExitCode, 0, `${ExitCode}: ${text}`);
  }

  /**
   * Kills the daemon before the first step of `act`, then before the second, and so on, until it gets through.
   * @param repaired looks at what the next daemon made of it, and leaves all as it was before.
   */
  async function atEachStep(act: () => Promise<unknown>, repaired: () => Promise<void>): Promise<number> {
    for (let steps = 1; ; steps++) {
      writeFileSync(killAt, String(steps));
      await act().catch(() => undefined);
      await new Promise(setImmediate);
      const reached = !existsSync(killAt);
      rmSync(killAt, { force: true });
      // What the daemon does after its answer counts too.
      const died = reached || !(await daemon.api("GET", "/_ping").then(isDone, () => false));
      if (died) {
        await daemon.kill();
        await daemon.launch();
      }
      await repaired().catch((error: unknown) => {
        throw new Error(died ? `killed before step ${steps}` : "not killed", { cause: error });
      });
      if (!died) return steps;
    }
  }

  it("of a start: it starts then, or runs already", async () => {
    await create("subject", "one");
    const steps = await atEachStep(
      () => daemon.call("POST", "/containers/subject/start"),
      async () => {
        if (!(await isRunning("subject"))) await daemon.call("POST", "/containers/subject/start");
        await reaches("subject", "peer");
        await daemon.call("POST", "/containers/subject/kill");
        await daemon.call("POST", "/containers/subject/wait");
      },
    );
    ok(steps > 8, `${steps} steps`);
  });

  it("of a connect and a disconnect: they are done, or can be", async () => {
    await daemon.call("POST", "/containers/subject/start");
    const connect = (): Promise<number> => statusOf("POST", "/networks/two/connect", { Container: "subject" });
    const disconnect = (): Promise<number> => statusOf("POST", "/networks/two/disconnect", { Container: "subject" });
    const connected = await atEachStep(connect, async () => {
      if (!(await networksOf("subject")).includes("two")) equal(await connect(), 200);
      await reaches("subject", "peer.two");
      equal(await disconnect(), 200);
    });
    ok(connected > 8, `${connected} steps`);
    equal(await connect(), 200);
    await atEachStep(disconnect, async () => {
      if ((await networksOf("subject")).includes("two")) equal(await disconnect(), 200);
      await reaches("subject", "peer");
      equal(await connect(), 200);
      await reaches("subject", "peer.two");
    });
  });

  it("of a removal: it is gone, or can be removed", async () => {
    await daemon.call("DELETE", "/containers/subject?force=1");
    await create("subject", "one");
    await daemon.call("POST", "/containers/subject/start");
    await atEachStep(
      () => daemon.call("DELETE", "/containers/subject?force=1"),
      async () => {
        const status = await statusOf("DELETE", "/containers/subject?force=1");
        ok([204, 404].includes(status), `${status}`);
        await create("subject", "one");
        await daemon.call("POST", "/containers/subject/start");
        await reaches("subject", "peer");
      },
    );
  });

  it("of a network's creation and removal: it is there or not, and its bridge with it", async () => {
    const make = (): Promise<number> => statusOf("POST", "/networks/create", { Name: "three" });
    const remove = (): Promise<number> => statusOf("DELETE", "/networks/three");
    const bridges = async (): Promise<number> =>
      (await daemon.inNetns("ip", "-br", "link", "show", "type", "bridge")).split("\n").filter((each) => each !== "")
        .length;
    const alone = await bridges();
    await atEachStep(make, async () => {
      ok([201, 409].includes(await make()));
      equal(await remove(), 204);
      equal(await bridges(), alone);
    });
    equal(await make(), 201);
    await atEachStep(remove, async () => {
      ok([204, 404].includes(await remove()));
      equal(await bridges(), alone);
      equal(await make(), 201);
    });
    equal(await remove(), 204);
  });
});

const isDone = (): boolean => true;

interface Inspect {
  readonly State: { readonly Running: boolean };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}
