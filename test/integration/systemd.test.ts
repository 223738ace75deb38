/** The unit that `slipway daemon --install-systemd` installs. It changes the machine, so it runs only on one that is thrown away. */
import { deepEqual, equal, match } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { busyboxArchive } from "../support/busybox-image.ts";
import { skipAloud } from "../support/docker-cli.ts";
import { api } from "../support/http.ts";
import { output, run } from "../support/process.ts";
import { ROOT } from "../support/source-tree.ts";

const UNIT = "slipway.service";
const SOCKET = "/run/slipway/slipway.sock";

describe("systemd unit", function () {
  this.timeout(60_000);
  before(async function () {
    if (process.env["SLIPWAY_TEST_DISPOSABLE"] === undefined)
      skipAloud(this, "the machine is not one that is thrown away: npm run test:vm");
    if (!existsSync("/run/systemd/system")) skipAloud(this, "systemd does not run here");
    await output(process.execPath, [join(ROOT, "sdk/dist/slipway.js"), "daemon", "--install-systemd"]);
    await output("systemctl", ["daemon-reload"]);
  });
  after(async () => {
    for (const each of await containers()) await call("DELETE", `/containers/${each}?force=1`);
    await run("systemctl", ["disable", "--now", UNIT]);
  });

  const call = (method: string, path: string, body?: unknown): ReturnType<typeof api> =>
    api(SOCKET, method, path, { body });
  const show = async (property: string): Promise<string> => output("systemctl", ["show", "-P", property, UNIT]);
  async function containers(): Promise<readonly string[]> {
    if (!existsSync(SOCKET)) return [];
    return (JSON.parse((await call("GET", "/containers/json?all=1")).text) as { Id: string }[]).map(({ Id }) => Id);
  }
  async function pidOf(id: string): Promise<number> {
    const { text } = await call("GET", `/containers/${id}/json`);
    return (JSON.parse(text) as { State: { Pid: number } }).State.Pid;
  }

  it("is wanted at boot, and says when it is ready", async () => {
    equal((await run("systemctl", ["is-enabled", UNIT])).stdout.trim(), "enabled");
    equal(await show("Type"), "notify");
    // With Type=notify this returns when the daemon has said READY=1, so the first request must find it.
    await output("systemctl", ["start", UNIT]);
    equal((await call("GET", "/_ping")).text, "OK");
  });

  it("uses the systemd cgroup driver, and AppArmor where the kernel has it", async () => {
    const info = JSON.parse((await call("GET", "/info")).text) as { CgroupDriver: string; SecurityOptions: string[] };
    equal(info.CgroupDriver, "systemd");
    equal(info.SecurityOptions.includes("name=apparmor"), existsSync("/sys/kernel/security/apparmor"));
  });

  it("a restart and a stop leave containers running", async () => {
    equal((await call("POST", "/images/load?quiet=1", busyboxArchive())).status, 200);
    const body = { Image: "busybox", Cmd: ["sleep", "100000"], HostConfig: { NetworkMode: "none" } };
    const { Id } = JSON.parse((await call("POST", "/containers/create", body)).text) as { Id: string };
    equal((await call("POST", `/containers/${Id}/start`)).status, 204);
    const pid = await pidOf(Id);
    match(await output("cat", [`/proc/${pid}/cgroup`]), new RegExp(`${Id}\\.scope`));
    await output("systemctl", ["restart", UNIT]);
    deepEqual([await pidOf(Id), existsSync(`/proc/${pid}`)], [pid, true]);
    await output("systemctl", ["stop", UNIT]);
    equal(existsSync(`/proc/${pid}`), true);
    await output("systemctl", ["start", UNIT]);
    equal(await pidOf(Id), pid);
  });
});
