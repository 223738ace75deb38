/** The addresses of the default bridge follow the daemon's configuration. */
import { deepEqual, match } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";

interface NetworkJson {
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string; readonly Gateway: string }[] };
}

interface ContainerJson {
  readonly NetworkSettings: { readonly Networks: { readonly bridge: { readonly IPAddress: string } } };
}

describe("the default bridge", function () {
  this.timeout(60_000);
  let folder: string;
  let daemon: TestDaemon;
  before(async () => {
    folder = mkdtempSync("/tmp/slipway-bridge-");
    configure("10.61.0.1/24");
    daemon = await TestDaemon.start({ args: ["--config-file", join(folder, "daemon.json")] });
    const body = { Image: "busybox", Cmd: ["sleep", "100000"] };
    await daemon.call("POST", "/containers/create?name=one", { body });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const configure = (bip: string): void => writeFileSync(join(folder, "daemon.json"), JSON.stringify({ bip }));
  /** A daemon that is killed leaves its bridge as it is. */
  async function restart(bip: string): Promise<void> {
    await daemon.kill();
    configure(bip);
    await daemon.launch();
  }
  async function seen(): Promise<object> {
    const { IPAM } = await daemon.call<NetworkJson>("GET", "/networks/bridge");
    const { NetworkSettings } = await daemon.call<ContainerJson>("GET", "/containers/one/json");
    const bridge = (await daemon.inNetns("ip", "-4", "-o", "address", "show", "dev", "slipway0")).match(/inet \S+/g);
    return { config: IPAM.Config, container: NetworkSettings.Networks.bridge.IPAddress, bridge };
  }
  const at = (start: string): object => ({
    config: [{ Subnet: `${start}.0/24`, Gateway: `${start}.1` }],
    container: `${start}.2`,
    bridge: [`inet ${start}.1/24`],
  });

  it("has a new address when no container runs on it, and says why not when one does", async () => {
    await daemon.call("POST", "/containers/one/start");
    deepEqual(await seen(), at("10.61.0"));
    await restart("10.62.0.1/24");
    deepEqual(await seen(), at("10.61.0"));
    match(daemon.log, /the default bridge keeps its addresses: containers run on it/);
    await daemon.call("POST", "/containers/one/kill");
    await daemon.call("POST", "/containers/one/wait");
    await restart("10.62.0.1/24");
    await daemon.call("POST", "/containers/one/start");
    deepEqual(await seen(), at("10.62.0"));
  });

  it("does not take addresses of another network", async () => {
    const IPAM = { Config: [{ Subnet: "10.63.0.0/16" }] };
    await daemon.call("POST", "/networks/create", { body: { Name: "taken", IPAM } });
    await daemon.call("POST", "/containers/one/kill");
    await daemon.call("POST", "/containers/one/wait");
    await restart("10.63.5.1/24");
    await daemon.call("POST", "/containers/one/start");
    deepEqual(await seen(), at("10.62.0"));
    match(daemon.log, /the default bridge keeps its addresses: network taken overlaps those of the configuration/);
    await daemon.call("DELETE", "/networks/taken");
  });
});
