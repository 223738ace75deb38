/** Names for a crowd: every container asks at once, and every question is answered. */
import { equal, ok } from "node:assert/strict";
import { TestDaemon } from "../support/daemon.ts";
import { DnsLoad } from "../support/dns-load.ts";
import { SLOWNESS } from "../support/time-limit.ts";

/** An emulated machine has the tenth of a crowd, which asks the tenth. */
const CONTAINERS = 200 / SLOWNESS;
/** A second, of each. */
const QUERIES = 50 / SLOWNESS;
const STARTS_AT_ONCE = 4;

describe("names for a crowd", function () {
  this.timeout(180_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
    await daemon.call("POST", "/networks/create", { body: { Name: "crowd" } });
  });
  after(async () => await daemon?.[Symbol.asyncDispose]());

  async function start(name: string): Promise<number> {
    const HostConfig = { NetworkMode: "crowd" };
    const body = { Image: "busybox", Cmd: ["sleep", "100000"], HostConfig };
    await daemon.call("POST", `/containers/create?name=${name}`, { body });
    await daemon.call("POST", `/containers/${name}/start`);
    return (await daemon.call<{ State: { Pid: number } }>("GET", `/containers/${name}/json`)).State.Pid;
  }

  it("each of 200 containers asks 50 times a second for another, and none goes without an answer", async () => {
    const names = Array.from({ length: CONTAINERS }, (_, n) => `asker-${n}`);
    const pids: number[] = [];
    const left = [...names];
    const starter = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) pids.push(await start(name));
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
    const load = await DnsLoad.build(daemon.root);
    const options = { seconds: 5, inFlight: 16, rate: QUERIES };
    const results = await Promise.all(pids.map((pid, n) => load.run(pid, names[n] ?? "", options)));
    equal(results.length, CONTAINERS);
    equal(Math.max(...results.map(({ bad }) => bad)), 0);
    const slowest = Math.min(...results.map((each) => each.rate));
    ok(slowest > QUERIES * 0.9, `${slowest} answers a second of ${QUERIES}`);
  });
});
