/** The MTU of the default bridge: what the configuration says at each start of the daemon, and what clients are shown. */
import { deepEqual } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkJson } from "../../../daemon/api/networks/network.ts";
import { bridgeOf } from "../../../daemon/engine/networks/bridge-network.ts";
import { NetworkStore } from "../../../daemon/engine/networks/networks.ts";
import { openMetadata } from "../../../daemon/metadata/metadata.ts";

const MTU = "com.docker.network.driver.mtu";

describe("the default bridge", () => {
  /** One start of a daemon after the other on the same records. */
  function startsWith(...configured: readonly (number | undefined)[]): readonly unknown[] {
    const folder = mkdtempSync(join(tmpdir(), "slipway-unit-"));
    using stack = new DisposableStack();
    stack.defer(() => rmSync(folder, { recursive: true }));
    const metadata = stack.use(openMetadata(join(folder, "metadata.db")));
    return configured.map((mtu) => {
      const networks = new NetworkStore({
        metadata,
        chooseSubnet: () => ({ subnet: "172.17.0.0/16", gateway: "172.17.0.1" }),
        chooseIpv6Subnet: () => undefined,
        bridgeName: "slipway0",
        mtu,
        containers: () => [],
      });
      const network = networks.get("bridge");
      const { mtu: inside, outsideMtu: outside } = bridgeOf(network);
      return { inside, outside, shown: networkJson(network, {}, "1.51").Options?.[MTU] };
    });
  }
  const FREE = { inside: 65_535, outside: 1500, shown: "1500" };

  it("without a configured MTU is large inside, and shows clients what Docker's shows", () => {
    deepEqual(startsWith(undefined, undefined), [FREE, FREE]);
  });

  it("has a configured one, 1500 too, inside and outside, until the configuration changes", () => {
    const exactly = (mtu: number): object => ({ inside: mtu, outside: undefined, shown: String(mtu) });
    deepEqual(startsWith(1400, 1500, undefined, 1500), [exactly(1400), exactly(1500), FREE, exactly(1500)]);
  });
});
