import assert from "node:assert/strict";
import { Value } from "@sinclair/typebox/value";
import { EngineError, kindOf, messageOf } from "../../../daemon/base/errors.ts";
import { parseCreateBody } from "../../../daemon/api/containers/spec/container-spec.ts";
import type { ContainerSpec } from "../../../daemon/engine/model/container.ts";
import { ContainerCreateBody } from "../../../sdk/contract/index.ts";
import { dockerBody, MANY_FLAGS, NO_WISHES } from "./docker-body.ts";

function parse(body: unknown): ContainerSpec {
  assert.ok(Value.Check(ContainerCreateBody, body), JSON.stringify([...Value.Errors(ContainerCreateBody, body)][0]));
  return parseCreateBody(body);
}

/** `InvalidParameter: …` or `NotImplemented: …`. */
function refusal(body: unknown): string {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof EngineError) return `${kindOf(error)}: ${messageOf(error)}`;
    throw error;
  }
  return "accepted";
}

const ofHost = (host: Readonly<Record<string, unknown>>): string => refusal(dockerBody({}, host));
const ofBody = (over: Readonly<Record<string, unknown>>): string => refusal(dockerBody(over));

describe("parseCreateBody", () => {
  it("takes what docker sends for `run busybox`", () => {
    const { host, ...spec } = parse(dockerBody());
    assert.deepStrictEqual(spec, {
      image: "busybox",
      cmd: undefined,
      entrypoint: undefined,
      env: [],
      user: "",
      workingDir: "",
      hostname: "",
      domainname: "",
      labels: {},
      tty: false,
      openStdin: false,
      stdinOnce: false,
      attachStdin: false,
      attachStdout: true,
      attachStderr: true,
      stopSignal: undefined,
      stopTimeout: undefined,
      healthcheck: undefined,
      exposedPorts: [],
      volumes: [],
      networkDisabled: false,
    });
    assert.deepStrictEqual(
      [host.network, host.ipcMode, host.pidMode, host.cgroupnsMode, host.mounts, host.maskedPaths, host.shmSize],
      ["bridge", "private", "", "private", [], undefined, 67_108_864],
    );
    assert.deepStrictEqual(host.log, { driver: "json-file", maxSize: 20_000_000, maxFile: 5, options: {} });
  });

  it("takes the smallest body, and null for anything", () => {
    const nulls = Object.fromEntries(Object.keys(ContainerCreateBody.properties).map((name) => [name, null]));
    assert.deepStrictEqual(parse({ ...nulls, Image: "busybox" }), parse({ Image: "busybox" }));
  });

  it("takes many flags of docker", () => {
    const { host, ...spec } = parse(MANY_FLAGS);
    assert.deepStrictEqual(
      [spec.hostname, spec.user, spec.workingDir, spec.env, spec.cmd, spec.volumes, spec.stopSignal, spec.stopTimeout],
      ["h", "1:2", "/w", ["A=b"], ["x"], ["/anon"], "TERM", 3],
    );
    assert.deepStrictEqual(host.restartPolicy, { name: "on-failure", maximumRetryCount: 2 });
    assert.deepStrictEqual(host.log, {
      driver: "json-file",
      maxSize: 50_000,
      maxFile: 1,
      options: { "max-size": "50k" },
    });
    assert.deepStrictEqual(host.ulimits, [{ name: "nofile", soft: 10, hard: 20 }]);
    assert.deepStrictEqual(host.devices, [{ hostPath: "/dev/fuse", containerPath: "/dev/fuse", permissions: "rwm" }]);
    assert.deepStrictEqual(
      [host.resources.memory, host.resources.nanoCpus, host.resources.pidsLimit, host.shmSize, host.init],
      [67_108_864, 1_500_000_000, 77, 16_777_216, true],
    );
    assert.deepStrictEqual(
      host.mounts.map((mount) => [mount.type, mount.target, "options" in mount ? mount.options : mount.readOnly]),
      [
        ["bind", "/b", true],
        ["volume", "/v", false],
        ["bind", "/y", false],
        ["volume", "/vv", false],
        ["tmpfs", "/t", ["size=1048576", "mode=1777"]],
        ["tmpfs", "/scratch", ["size=1m"]],
      ],
    );
  });

  it("reads one word for a command line", () => {
    const { cmd, entrypoint } = parse({ Image: "a", Cmd: "ls", Entrypoint: "" });
    assert.deepStrictEqual([cmd, entrypoint], [["ls"], [""]]);
  });

  it("reads modes of namespaces, and gives a privileged container the host's cgroup namespace", () => {
    const { host } = parse(
      dockerBody(
        { NetworkingConfig: null },
        { NetworkMode: "container:x", IpcMode: "shareable", PidMode: "host", Privileged: true },
      ),
    );
    assert.deepStrictEqual(
      [host.network, host.ipcMode, host.pidMode, host.cgroupnsMode],
      ["container:x", "shareable", "host", "host"],
    );
  });

  it("reads the networks, each with its wishes, and the container's own MAC address as the first one's", () => {
    const EndpointsConfig = {
      mine: { ...NO_WISHES, IPAMConfig: { IPv4Address: "10.0.0.5" }, Aliases: ["db"], GwPriority: 2 },
      other: null,
    };
    const MacAddress = "02:42:ac:11:00:02";
    const { networks } = parse(
      dockerBody({ NetworkingConfig: { EndpointsConfig }, MacAddress }, { NetworkMode: "mine" }),
    );
    assert.deepStrictEqual(networks, {
      mine: { aliases: ["db"], ipv4Address: "10.0.0.5", gatewayPriority: 2, macAddress: MacAddress },
      other: {},
    });
  });

  it("reads VolumesFrom", () =>
    assert.deepStrictEqual(parse(dockerBody({}, { VolumesFrom: ["x:ro"] })).host.volumesFrom, ["x:ro"]));

  it("keeps an empty list of masked paths apart from none", () => {
    assert.deepStrictEqual(parse(dockerBody({}, { MaskedPaths: [], ReadonlyPaths: [] })).host.maskedPaths, []);
  });
});

describe("parseCreateBody refuses by name", () => {
  const HOST_FIELDS: readonly (readonly [field: string, value: unknown])[] = [
    ["Cgroup", "x"],
    ["StorageOpt", { size: "1G" }],
    ["BlkioWeight", 100],
    ["BlkioWeightDevice", [{ Path: "/dev/sda", Weight: 1 }]],
    ["BlkioDeviceReadBps", [{ Path: "/dev/sda", Rate: 1 }]],
    ["BlkioDeviceWriteBps", [{ Path: "/dev/sda", Rate: 1 }]],
    ["BlkioDeviceReadIOps", [{ Path: "/dev/sda", Rate: 1 }]],
    ["BlkioDeviceWriteIOps", [{ Path: "/dev/sda", Rate: 1 }]],
    ["CpuRealtimePeriod", 1],
    ["CpuRealtimeRuntime", 1],
    ["DeviceCgroupRules", ["c 1:3 r"]],
    ["DeviceRequests", [{ Count: -1 }]],
    ["KernelMemory", 1],
    ["KernelMemoryTCP", 1],
    ["MemorySwappiness", 10],
    ["CpuCount", 1],
    ["CpuPercent", 1],
    ["IOMaximumIOps", 1],
    ["IOMaximumBandwidth", 1],
  ];
  for (const [field, value] of HOST_FIELDS) {
    it(`HostConfig.${field}`, () =>
      assert.equal(ofHost({ [field]: value }), `NotImplemented: HostConfig.${field} is not supported yet`));
  }

  const FIELDS: readonly (readonly [field: string, value: unknown])[] = [
    ["NetworkDisabled", true],
    ["OnBuild", ["RUN x"]],
    ["Shell", ["sh"]],
  ];
  for (const [field, value] of FIELDS) {
    it(`${field} ${JSON.stringify(value)}`, () =>
      assert.equal(ofBody({ [field]: value }), `NotImplemented: ${field} is not supported yet`));
  }

  it("wishes of an endpoint", () => {
    for (const [field, value, name] of [["DriverOpts", { a: "b" }, 'DriverOpts "a"']] as const) {
      const NetworkingConfig = { EndpointsConfig: { default: { ...NO_WISHES, [field]: value } } };
      assert.equal(ofBody({ NetworkingConfig }), `NotImplemented: EndpointsConfig.${name} is not supported yet`);
    }
  });
});

describe("parseCreateBody refuses what cannot be meant", () => {
  const BODIES: readonly (readonly [over: Readonly<Record<string, unknown>>, message: string])[] = [
    [{ Image: "" }, "Config cannot be empty in order to create a container: no Image was given"],
    [{ Env: ["=x"] }, "invalid environment variable: =x"],
    [{ Healthcheck: { Interval: 999_999 } }, "Interval in Healthcheck cannot be less than 1ms"],
    [{ Healthcheck: { Timeout: -1 } }, "Timeout in Healthcheck cannot be less than 1ms"],
    [{ Healthcheck: { Retries: -1 } }, "Retries in Healthcheck cannot be negative"],
    [{ Healthcheck: { Test: ["HTTP", "x"] } }, 'Unknown type "HTTP" in Healthcheck (try CMD)'],
    [{ Healthcheck: { Test: ["CMD-SHELL"] } }, "Missing command after Healthcheck CMD-SHELL"],
    [
      { NetworkingConfig: { EndpointsConfig: { net: { IPAMConfig: { LinkLocalIPs: ["10.0.0.1"] } } } } },
      "invalid config for network net: invalid link-local IP address: 10.0.0.1",
    ],
    [{ WorkingDir: "w" }, "the working directory 'w' is invalid, it needs to be an absolute path"],
    [{ StopSignal: "SIGNOPE" }, "invalid signal: SIGNOPE"],
    [{ ExposedPorts: { "0/tcp": {} } }, 'invalid port specification: "0/tcp"'],
    [{ ExposedPorts: { "80/xyz": {} } }, 'invalid port specification: "80/xyz"'],
    [{ Volumes: { rel: {} } }, "invalid mount path: 'rel' mount path must be absolute"],
  ];
  for (const [over, message] of BODIES) {
    it(JSON.stringify(over), () => assert.equal(ofBody(over), `InvalidParameter: ${message}`));
  }

  const HOSTS: readonly (readonly [host: Readonly<Record<string, unknown>>, message: string])[] = [
    [
      { AutoRemove: true, RestartPolicy: { Name: "always" } },
      "can't create 'AutoRemove' container with restart policy",
    ],
    [
      { RestartPolicy: { Name: "always", MaximumRetryCount: 2 } },
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    ],
    [
      { RestartPolicy: { Name: "on-failure", MaximumRetryCount: -1 } },
      "invalid restart policy: maximum retry count cannot be negative",
    ],
    [
      { RestartPolicy: { Name: "maybe" } },
      "invalid restart policy: unknown policy 'maybe'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
    ],
    [{ ShmSize: -1 }, "SHM size can not be less than 0"],
    [{ IpcMode: "x" }, "invalid IPC mode: x"],
    [{ PidMode: "x" }, "invalid PID mode: x"],
    [{ UTSMode: "x" }, "invalid UTS mode: x"],
    [{ CgroupnsMode: "x" }, "invalid CgroupNS mode: x"],
    [{ UsernsMode: "x" }, "invalid userns mode: x"],
    [{ NetworkMode: "container:" }, "invalid container format container:<name|id>"],
    [{ NetworkMode: "container:x", Dns: ["1.1.1.1"] }, "conflicting options: dns and the network mode"],
    [{ Isolation: "hyperv" }, `Invalid isolation: "hyperv" - linux only supports 'default'`],
    [{ MemorySwappiness: 101 }, "Invalid value: 101, valid memory swappiness range is 0-100"],
    [{ CpusetCpus: "x" }, "Invalid value x for cpuset cpus"],
    [{ ExtraHosts: ["a"] }, 'bad format for add-host: "a"'],
    [{ ExtraHosts: ["a:b"] }, 'bad format for add-host: "a:b"'],
    [{ Dns: ["x"] }, "bad nameserver address: x"],
    [{ LogConfig: { Type: "nope" } }, "logger: no log driver named 'nope' is registered"],
    [{ LogConfig: { Config: { nope: "1" } } }, "unknown log opt 'nope' for json-file log driver"],
    [{ LogConfig: { Config: { "max-size": "x" } } }, "invalid size: 'x'"],
    [{ LogConfig: { Config: { "max-file": "0" } } }, "max-file cannot be less than 1"],
    [{ Devices: [{ PathOnHost: "/dev/null", CgroupPermissions: "x" }] }, "invalid device mode: x"],
    [{ Tmpfs: { "/t": "nope" } }, 'Invalid tmpfs option ["nope"]'],
    [{ Binds: ["/a:/t"], Tmpfs: { "/t/": "" } }, "Duplicate mount point: /t"],
  ];
  for (const [host, message] of HOSTS) {
    it(JSON.stringify(host), () => assert.equal(ofHost(host), `InvalidParameter: ${message}`));
  }
});
