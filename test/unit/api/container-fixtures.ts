import type { Container, EndpointRecord } from "../../../daemon/engine/model/container.ts";
import type { ContainerDetails, StatsSample } from "../../../daemon/engine/services.ts";
import { parseCreateBody } from "../../../daemon/api/containers/spec/container-spec.ts";

export const ID = "c0ffee".repeat(11).slice(0, 64);

/** A container of busybox, made and never started. */
export function container(over: Partial<Container> = {}): Container {
  return {
    id: ID,
    name: "brisk_clipper",
    createdAt: "2026-01-01T00:00:00.000000000Z",
    imageId: `sha256:${"a".repeat(64)}`,
    spec: parseCreateBody({ Image: "busybox" }),
    process: {
      args: ["sh", "-c", "echo hi"],
      env: ["PATH=/bin"],
      cwd: "/",
      user: "",
      stopSignal: "SIGTERM",
      cmd: ["sh", "-c", "echo hi"],
      labels: { k: "v" },
    },
    state: { status: "created" },
    restartCount: 0,
    stoppedByUser: false,
    mounts: [],
    endpoints: {},
    logPath: "/log",
    ...over,
  };
}

export function details(over: Partial<ContainerDetails> = {}): ContainerDetails {
  return {
    imageName: "busybox",
    links: [],
    sandboxPath: "",
    sandboxId: "",
    endpoints: {},
    health: undefined,
    execIds: [],
    hostnamePath: "/hostname",
    hostsPath: "/hosts",
    resolvConfPath: "/resolv.conf",
    logPath: "/log",
    apparmorProfile: "",
    snapshot: { driver: "overlay2", data: { MergedDir: "/merged" } },
    ...over,
  };
}

export const endpoint: EndpointRecord = {
  networkId: "n",
  endpointId: "e",
  gateway: "172.17.0.1",
  ipAddress: "172.17.0.2",
  ipPrefixLen: 16,
  ipv6Gateway: "",
  globalIpv6Address: "",
  globalIpv6PrefixLen: 0,
  macAddress: "02:42:ac:11:00:02",
  aliases: [],
  hostInterface: "veth1",
};

export function sample(cgroupVersion: 1 | 2): StatsSample {
  return {
    id: ID,
    name: "brisk_clipper",
    readAt: "2026-01-01T00:00:00.000000000Z",
    task: {
      cgroupVersion,
      cpu: { totalNs: 3, userNs: 1, systemNs: 2, perCpuNs: [1, 2], periods: 0, throttledPeriods: 0, throttledNs: 0 },
      memory: { usage: 2000, maxUsage: 3000, limit: 4000, failcnt: 0, stats: { cache: 1 } },
      pids: { current: 1, limit: 0 },
      io: [{ major: 8, minor: 0, op: "read", bytes: 9 }],
      oomKills: 0,
    },
    systemCpuNs: 1000,
    onlineCpus: 2,
    networks: {},
    memoryLimit: 4000,
  };
}
