import { deepEqual, throws } from "node:assert/strict";
import { ContainerNames } from "../../../daemon/engine/networks/container-names.ts";
import { NO_ENDPOINT, type Container } from "../../../daemon/engine/model/container.ts";

describe("ContainerNames", () => {
  it("others find a container whose own name server cannot be opened", () => {
    const members: unknown[] = [];
    const dns = {
      putMember: (network: string, endpoint: string, { names, ipv4 }: { names: readonly string[]; ipv4: string }) =>
        void members.push([network, endpoint, names, ipv4]),
      removeMember: () => undefined,
      serve: () => {
        throw new Error("bind: EADDRINUSE");
      },
      isServed: () => false,
      stop: () => undefined,
    };
    const names = new ContainerNames({ dns, sandboxPath: (id) => `/run/${id}`, dnsOptions: [] });
    const id = "c".repeat(64);
    const spec = { hostname: "host", host: { dns: [], dnsOptions: [] }, networks: {} };
    const container = { id, name: "web", spec } as unknown as Container;
    const endpoint = { ...NO_ENDPOINT, networkId: "n", endpointId: "e", ipAddress: "172.18.0.2" };
    throws(() => names.put(container, { one: endpoint }), /EADDRINUSE/);
    deepEqual(members, [["n", "e", ["web", "cccccccccccc", "host"], "172.18.0.2"]]);
  });
});
