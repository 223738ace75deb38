import assert from "node:assert/strict";
import { Value } from "@sinclair/typebox/value";
import { humanDuration } from "../../../daemon/api/containers/view/duration.ts";
import { inspectJson } from "../../../daemon/api/containers/view/inspect.ts";
import { stateJson, statusText } from "../../../daemon/api/containers/view/state.ts";
import { emptyStatsJson, statsJson } from "../../../daemon/api/containers/view/stats.ts";
import { summaryJson } from "../../../daemon/api/containers/view/summary.ts";
import { parseCreateBody } from "../../../daemon/api/containers/spec/container-spec.ts";
import { NEVER } from "../../../daemon/base/time.ts";
import { ContainerInspect, ContainerStats, ContainerSummary } from "../../../sdk/contract/index.ts";
import { container, details, endpoint, sample } from "./container-fixtures.ts";
import { MANY_FLAGS } from "./docker-body.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("humanDuration", () => {
  const ROWS: readonly (readonly [milliseconds: number, text: string])[] = [
    [999, "Less than a second"],
    [SECOND, "1 second"],
    [59 * SECOND, "59 seconds"],
    [MINUTE, "About a minute"],
    [2 * MINUTE, "2 minutes"],
    [59 * MINUTE, "59 minutes"],
    [60 * MINUTE, "About an hour"],
    [2 * HOUR, "2 hours"],
    [47 * HOUR, "47 hours"],
    [2 * DAY, "2 days"],
    [13 * DAY, "13 days"],
    [14 * DAY, "2 weeks"],
    [60 * DAY, "2 months"],
    [3 * 365 * DAY, "3 years"],
  ];
  for (const [milliseconds, text] of ROWS)
    it(`${milliseconds} ms is ${text}`, () => assert.equal(humanDuration(milliseconds), text));
});

describe("statusText and stateJson", () => {
  const at = "2026-01-01T00:00:00.000000000Z";
  const now = Date.parse(at) + 5 * MINUTE;
  const exit = { code: 3, at, oomKilled: true, error: "bad" };
  it("of a container that never ran", () => {
    assert.equal(statusText({ status: "created" }, undefined), "Created");
    const { StartedAt, FinishedAt, Running, ExitCode, Error } = stateJson({
      status: "created",
      error: "no such file",
      exitCode: 127,
    });
    assert.deepStrictEqual(
      [StartedAt, FinishedAt, Running, ExitCode, Error],
      [NEVER, NEVER, false, 127, "no such file"],
    );
  });
  it("of one that runs, or is paused", () => {
    assert.equal(statusText({ status: "running", pid: 7, startedAt: at }, undefined, now), "Up 5 minutes");
    assert.equal(statusText({ status: "paused", pid: 7, startedAt: at }, undefined, now), "Up 5 minutes (Paused)");
    const { Running, Paused, Pid, Status } = stateJson({ status: "paused", pid: 7, startedAt: at });
    assert.deepStrictEqual([Running, Paused, Pid, Status], [true, true, 7, "paused"]);
  });
  it("of one that ended, or waits for its next start", () => {
    assert.equal(statusText({ status: "exited", exit, startedAt: at }, undefined, now), "Exited (3) 5 minutes ago");
    assert.equal(
      statusText({ status: "restarting", exit, startedAt: at }, undefined, now),
      "Restarting (3) 5 minutes ago",
    );
    assert.deepStrictEqual(stateJson({ status: "exited", exit, startedAt: at }), {
      Status: "exited",
      Running: false,
      Paused: false,
      Restarting: false,
      OOMKilled: true,
      Dead: false,
      Pid: 0,
      ExitCode: 3,
      Error: "bad",
      StartedAt: at,
      FinishedAt: at,
    });
    assert.equal(stateJson({ status: "restarting", exit, startedAt: at }).Running, true);
  });
});

describe("inspectJson", () => {
  const image = ["/data"];

  it("answers the contract's shape", () => {
    const json = JSON.parse(JSON.stringify(inspectJson(container(), details(), image))) as unknown;
    assert.deepStrictEqual([...Value.Errors(ContainerInspect, json)], []);
  });

  it("gives back what create asked for", () => {
    const body = MANY_FLAGS;
    const made = container({ spec: parseCreateBody(body) });
    const { HostConfig, Config } = inspectJson(made, details(), []);
    const sent: Readonly<Record<string, unknown>> = body.HostConfig;
    for (const name of [
      "Binds",
      "LogConfig",
      "RestartPolicy",
      "CapDrop",
      "Dns",
      "ExtraHosts",
      "Tmpfs",
      "ShmSize",
      "Sysctls",
      "Memory",
      "NanoCpus",
      "Devices",
      "PidsLimit",
      "Init",
      "SecurityOpt",
      "ReadonlyRootfs",
    ] as const) {
      assert.deepStrictEqual(HostConfig[name], sent[name], name);
    }
    assert.deepStrictEqual(HostConfig.Mounts, [
      { Type: "bind", Source: "/x", Target: "/y", BindOptions: { Propagation: "rshared" } },
      { Type: "volume", Source: "v", Target: "/vv", VolumeOptions: { NoCopy: true } },
      { Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1777 } },
    ]);
    assert.deepStrictEqual([Config.StopTimeout, Config.Hostname, Config.Volumes], [3, "h", { "/anon": {} }]);
  });

  it("what it answers can be sent to create again", () => {
    const first = container({ spec: parseCreateBody(MANY_FLAGS) });
    const { HostConfig, Config } = inspectJson(first, details(), []);
    const again = parseCreateBody({ ...Config, HostConfig });
    const { host } = first.spec;
    // What was left to the engine is said in full.
    const decided = {
      ...host,
      runtime: "runc",
      resources: { ...host.resources, memorySwap: 2 * host.resources.memory },
    };
    assert.deepStrictEqual(again.host, decided);
  });

  it("shows the address on the default bridge twice, and ports while it runs", () => {
    const ports = [{ containerPort: 80, protocol: "tcp" as const, hostIp: "0.0.0.0", hostPort: 8080 }];
    const endpoints = { bridge: { ...endpoint, ports } };
    const spec = parseCreateBody({ Image: "a", ExposedPorts: { "80/tcp": {}, "53/udp": {} } });
    const running = container({ spec, endpoints, state: { status: "running", pid: 5, startedAt: NEVER } });
    const { NetworkSettings, Config } = inspectJson(running, details({ endpoints }), image);
    assert.equal(NetworkSettings.IPAddress, "172.17.0.2");
    assert.equal(NetworkSettings.Networks?.["bridge"]?.IPAddress, "172.17.0.2");
    assert.deepStrictEqual(NetworkSettings.Ports, {
      "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }],
      "53/udp": null,
    });
    assert.deepStrictEqual(Config.ExposedPorts, { "80/tcp": {}, "53/udp": {} });
    assert.deepStrictEqual(summaryJson({ container: running, linkNames: [], imageName: "a" }).Ports, [
      { PrivatePort: 53, Type: "udp" },
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    ]);
  });

  it("names the network before the first start, and none for another container's", () => {
    const names = (mode: string): string[] => {
      const made = container({ spec: parseCreateBody({ Image: "a", HostConfig: { NetworkMode: mode } }) });
      return Object.keys(inspectJson(made, details(), image).NetworkSettings.Networks ?? {});
    };
    assert.deepStrictEqual(["default", "none", "container:x"].map(names), [["bridge"], ["none"], []]);
  });
});

describe("summaryJson", () => {
  it("answers the contract's shape, without sizes that were not asked for", () => {
    const json = summaryJson({ container: container(), linkNames: [], imageName: "busybox" });
    assert.deepStrictEqual([...Value.Errors(ContainerSummary, json)], []);
    assert.deepStrictEqual(
      [json.Names, json.Command, json.Ports, "SizeRw" in json, json.HostConfig],
      [["/brisk_clipper"], "sh -c 'echo hi'", [], false, { NetworkMode: "bridge" }],
    );
  });
});

describe("statsJson", () => {
  it("answers the contract's shape for cgroup v1, v2 and a container that does not run", () => {
    for (const json of [statsJson(sample(1), undefined), statsJson(sample(2), sample(2)), emptyStatsJson("a", "b")])
      assert.deepStrictEqual([...Value.Errors(ContainerStats, json)], []);
  });

  it("has figures of cgroup v1 that v2 lacks", () => {
    const v1 = statsJson(sample(1), undefined);
    const v2 = statsJson(sample(2), undefined);
    assert.deepStrictEqual([v1.memory_stats.max_usage, v2.memory_stats.max_usage], [3000, undefined]);
    assert.deepStrictEqual(
      [v1.cpu_stats.cpu_usage.percpu_usage, v2.cpu_stats.cpu_usage.percpu_usage],
      [[1, 2], undefined],
    );
    assert.deepStrictEqual([v1.blkio_stats.sectors_recursive, v2.blkio_stats.sectors_recursive], [[], null]);
    assert.deepStrictEqual(v2.blkio_stats.io_service_bytes_recursive, [{ major: 8, minor: 0, op: "read", value: 9 }]);
  });

  it("has no CPU before the first sample", () => {
    const { preread, precpu_stats } = statsJson(sample(2), undefined);
    assert.deepStrictEqual(
      [preread, precpu_stats.system_cpu_usage, precpu_stats.cpu_usage.total_usage],
      [NEVER, undefined, 0],
    );
    assert.equal(statsJson(sample(2), sample(2)).precpu_stats.system_cpu_usage, 1000);
  });
});
