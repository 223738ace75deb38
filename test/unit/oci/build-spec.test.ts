import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { CAPABILITIES, DEFAULT_CAPABILITIES } from "../../../daemon/oci/capabilities.ts";
import { defaultSeccomp } from "../../../daemon/oci/seccomp.ts";
import { buildSpec } from "../../../daemon/oci/spec/build-spec.ts";
import { encodeSpec } from "../../../daemon/oci/spec/encode-spec.ts";
import type { HostInput, MountInput, SpecFacts, SpecInput } from "../../../daemon/oci/spec/input.ts";
import { NO_LIMITS, specInput } from "../../conformance/bundle.ts";

const ID = "a".repeat(64);
const facts: SpecFacts = {
  kernel: "6.1.0",
  arch: "amd64",
  capabilities: CAPABILITIES,
  hardLimits: { nofile: 20_000 },
  oomScoreAdjMin: -1000,
  userNamespace: false,
  seccomp: true,
  selinux: false,
  cgroupVersion: 2,
  limits: { memory: true, swap: true, cpuCfs: true, cpuShares: true, cpuSet: true, pids: true, oomKillDisable: false },
  mountOptions: ["ro", "rro"],
  hostDevices: [],
  thermalThrottlePaths: ["/sys/devices/system/cpu/cpu0/thermal_throttle"],
  initPath: "/usr/bin/tini-static",
};

const build = (
  host: Partial<HostInput> = {},
  change: Partial<SpecInput> = {},
  about: Partial<SpecFacts> = {},
): ReturnType<typeof buildSpec> => buildSpec(specInput({ ...facts, ...about }, { id: ID, ...change }, host));

describe("buildSpec", () => {
  it("writes Docker's defaults for a container that asks for nothing", () => {
    const { spec, warnings } = build();
    deepStrictEqual(warnings, []);
    deepStrictEqual(spec, {
      ociVersion: "1.0.2",
      process: {
        terminal: false,
        user: { uid: 0, gid: 0, additionalGids: [0] },
        args: ["true"],
        env: ["PATH=/bin", "HOME=/root"],
        cwd: "/",
        capabilities: {
          bounding: DEFAULT_CAPABILITIES,
          effective: DEFAULT_CAPABILITIES,
          permitted: DEFAULT_CAPABILITIES,
        },
        noNewPrivileges: false,
        oomScoreAdj: 0,
      },
      root: { path: "/rootfs", readonly: false },
      hostname: "aaaaaaaaaaaa",
      mounts: [
        { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
        {
          destination: "/dev",
          type: "tmpfs",
          source: "tmpfs",
          options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
        {
          destination: "/dev/pts",
          type: "devpts",
          source: "devpts",
          options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        },
        { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
        {
          destination: "/dev/shm",
          type: "tmpfs",
          source: "shm",
          options: ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"],
        },
        {
          destination: "/sys/fs/cgroup",
          type: "cgroup",
          source: "cgroup",
          options: ["nosuid", "noexec", "nodev", "ro"],
        },
      ],
      linux: {
        namespaces: ["mount", "network", "uts", "pid", "ipc"].map((type) => ({ type })),
        cgroupsPath: `/slipway/${ID}`,
        resources: {
          devices: [
            { allow: false, access: "rwm" },
            ...[3, 5, 7, 8, 9].map((minor) => ({ allow: true, type: "c", major: 1, minor, access: "rwm" })),
            ...[0, 1].map((minor) => ({ allow: true, type: "c", major: 5, minor, access: "rwm" })),
          ],
        },
        seccomp: defaultSeccomp({ capabilities: DEFAULT_CAPABILITIES, arch: "amd64", kernel: "6.1.0" }),
        sysctl: { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" },
        maskedPaths: [
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware",
          "/sys/devices/system/cpu/cpu0/thermal_throttle",
        ],
        readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
      },
    });
  });

  it("opens everything for --privileged", () => {
    const device = {
      path: "/dev/kvm",
      type: "c" as const,
      major: 10,
      minor: 232,
      fileMode: 0o660,
      uid: 0,
      gid: 5,
      permissions: "rwm",
    };
    const { spec } = build(
      { privileged: true, readonlyRootfs: true },
      {},
      { hostDevices: [device], apparmorProfile: "slipway-default" },
    );
    const { permissions: _, ...node } = device;
    deepStrictEqual(
      {
        granted: spec.process.capabilities?.bounding,
        apparmor: spec.process.apparmorProfile,
        seccomp: spec.linux.seccomp,
        masked: spec.linux.maskedPaths,
        readonly: spec.linux.readonlyPaths,
        devices: spec.linux.devices,
        rules: spec.linux.resources?.devices,
        writable: spec.mounts.filter(({ options }) => options?.includes("rw")).map(({ destination }) => destination),
      },
      {
        granted: CAPABILITIES,
        apparmor: "unconfined",
        seccomp: undefined,
        masked: [],
        readonly: [],
        devices: [node],
        rules: [{ allow: true, access: "rwm" }],
        writable: ["/sys", "/sys/fs/cgroup"],
      },
    );
  });

  it("gives a user other than root no capability but in the bounding set", () => {
    const process = {
      args: ["id"],
      env: [],
      cwd: "/",
      uid: 1,
      gid: 1,
      additionalGids: [1],
      tty: true,
      consoleSize: [24, 80] as const,
    };
    const { spec } = build({}, { process });
    deepStrictEqual(spec.process.capabilities, { bounding: DEFAULT_CAPABILITIES, effective: [], permitted: [] });
    deepStrictEqual(spec.process.consoleSize, { height: 24, width: 80 });
  });

  it("runs the command below an init, but not in another's pid namespace", () => {
    const args = (change: Partial<SpecInput>): readonly string[] => build({ init: true }, change).spec.process.args;
    const { namespaces } = specInput(facts);
    deepStrictEqual(args({}), ["/sbin/docker-init", "--", "true"]);
    deepStrictEqual(args({ namespaces: { ...namespaces, pid: "host" } }), ["true"]);
    deepStrictEqual(
      build({ init: true }).spec.mounts.find(({ destination }) => destination === "/sbin/docker-init"),
      {
        destination: "/sbin/docker-init",
        type: "bind",
        source: "/usr/bin/tini-static",
        options: ["bind", "ro", "nosuid", "nodev"],
      },
    );
    throws(() => build({ init: true }, {}, { initPath: undefined }), /no init binary was found/);
  });

  it("joins, shares or makes namespaces as it is told", () => {
    const { spec } = build(
      {},
      {
        domainname: "example.org",
        namespaces: {
          network: { path: "/run/netns/x" },
          networkIsOwn: false,
          ipc: "host",
          pid: { path: "/proc/7/ns/pid" },
          uts: "new",
          cgroup: "new",
        },
      },
    );
    deepStrictEqual(spec.linux.namespaces, [
      { type: "mount" },
      { type: "network", path: "/run/netns/x" },
      { type: "uts" },
      { type: "pid", path: "/proc/7/ns/pid" },
      { type: "cgroup" },
    ]);
    // The joined network is another container's: its sysctls are not ours.
    deepStrictEqual(spec.linux.sysctl, { "kernel.domainname": "example.org" });
    deepStrictEqual(
      spec.mounts.filter(({ type }) => type === "bind").map(({ destination, source }) => [destination, source]),
      [
        ["/dev/mqueue", "/dev/mqueue"],
        ["/dev/shm", "/dev/shm"],
      ],
    );
  });

  it("sets no sysctls of its own in a user namespace", () => {
    strictEqual(build({}, {}, { userNamespace: true }).spec.linux.sysctl, undefined);
  });

  it("warns of what this daemon cannot give, and leaves it out", () => {
    const host = {
      capAdd: ["SYS_RESOURCE"],
      ulimits: [{ name: "nofile", soft: 30_000, hard: -1 }],
      oomScoreAdj: -500,
      resources: { ...NO_LIMITS, memory: 2 ** 25, pidsLimit: 5, nanoCpus: 1e9, oomKillDisable: true },
      securityOpt: ["label=type:x"],
    };
    const { spec, warnings } = build(
      host,
      {},
      {
        capabilities: CAPABILITIES.filter((name) => name !== "CAP_SYS_RESOURCE"),
        oomScoreAdjMin: 0,
        seccomp: false,
        limits: { ...facts.limits, swap: false, pids: false, cpuCfs: false },
      },
    );
    deepStrictEqual(spec.process.rlimits, [{ type: "RLIMIT_NOFILE", soft: 20_000, hard: 20_000 }]);
    strictEqual(spec.process.oomScoreAdj, undefined);
    const { devices: _, ...resources } = spec.linux.resources ?? {};
    deepStrictEqual(resources, { memory: { limit: 2 ** 25 } });
    deepStrictEqual(warnings, [
      "capability CAP_SYS_RESOURCE is left out: the daemon itself lacks it",
      "security option label is left out: SELinux is not enabled on this host",
      "seccomp is not enabled in your kernel: the container runs without the default seccomp profile",
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
      "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
      "Your kernel does not support CPU CFS scheduler or the cgroup is not mounted. Quota discarded.",
      "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.",
      "ulimit nofile is lowered to 20000: the daemon may not raise its own limit",
      "oom-score-adj -500 is left out: the daemon may not go below its own",
    ]);
  });

  const resources: readonly (readonly [asked: Partial<typeof NO_LIMITS>, expected: object])[] = [
    [{ memory: 2 ** 26 }, { memory: { limit: 2 ** 26, swap: 2 ** 27 } }],
    [{ memory: 2 ** 26, memorySwap: -1 }, { memory: { limit: 2 ** 26, swap: -1 } }],
    [
      { memory: 2 ** 26, memorySwap: 2 ** 26, memoryReservation: 2 ** 25 },
      { memory: { limit: 2 ** 26, reservation: 2 ** 25, swap: 2 ** 26 } },
    ],
    [{ nanoCpus: 1.5e9 }, { cpu: { period: 100_000, quota: 150_000 } }],
    [{ cpuShares: 512, cpuQuota: 50_000, cpusetCpus: "0-1" }, { cpu: { shares: 512, quota: 50_000, cpus: "0-1" } }],
    [{ pidsLimit: 100 }, { pids: { limit: 100 } }],
    [{ pidsLimit: -1 }, { pids: { limit: -1 } }],
  ];
  for (const [asked, expected] of resources) {
    it(`limits ${JSON.stringify(asked)}`, () => {
      const { devices: _, ...built } = build({ resources: { ...NO_LIMITS, ...asked } }).spec.linux.resources ?? {};
      deepStrictEqual(built, expected);
    });
  }

  const refused: readonly (readonly [title: string, host: Partial<HostInput>, message: RegExp])[] = [
    ["too little memory", { resources: { ...NO_LIMITS, memory: 1024 } }, /^Minimum memory limit allowed is 6MB$/],
    [
      "less swap than memory",
      { resources: { ...NO_LIMITS, memory: 2 ** 25, memorySwap: 2 ** 24 } },
      /^Minimum memoryswap/,
    ],
    ["a host's sysctl", { sysctls: { "kernel.panic": "1" } }, /^sysctl 'kernel.panic' is not whitelisted$/],
    ["an unknown ulimit", { ulimits: [{ name: "x", soft: 1, hard: 1 }] }, /^invalid ulimit type: x$/],
    [
      "a soft limit above the hard one",
      { ulimits: [{ name: "core", soft: -1, hard: 5 }] },
      /must be less than or equal/,
    ],
    ["an oom score out of range", { oomScoreAdj: 1001 }, /^Invalid value 1001, range for oom score adj/],
    ["an unknown security option", { securityOpt: ["x=y"] }, /^invalid --security-opt: "x=y"$/],
    ["writable-cgroups", { securityOpt: ["writable-cgroups=true"] }, /writable-cgroups is not supported/],
    ["AppArmor where there is none", { securityOpt: ["apparmor=mine"] }, /AppArmor is not enabled/],
  ];
  for (const [title, host, message] of refused) {
    it(`refuses ${title}`, () => throws(() => build(host), { name: "EngineError", message }));
  }

  it("reads every form of a security option", () => {
    const about = { apparmorProfile: "slipway-default" };
    const confined = (...securityOpt: string[]): unknown => {
      const { process, linux } = build({ securityOpt }, {}, about).spec;
      return [
        process.noNewPrivileges,
        process.apparmorProfile,
        linux.seccomp?.defaultErrnoRet,
        linux.maskedPaths?.length,
      ];
    };
    const profile = JSON.stringify({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 7, syscalls: [] });
    deepStrictEqual(confined("no-new-privileges"), [true, "slipway-default", 1, 13]);
    deepStrictEqual(confined("no-new-privileges:false", "apparmor:unconfined"), [false, "unconfined", 1, 13]);
    deepStrictEqual(confined("no-new-privileges=true", "apparmor=mine", "label:disable"), [true, "mine", 1, 13]);
    deepStrictEqual(confined("seccomp=unconfined", "systempaths=unconfined"), [false, "slipway-default", undefined, 0]);
    deepStrictEqual(confined(`seccomp=${profile}`), [false, "slipway-default", 7, 13]);
    deepStrictEqual(confined("seccomp=builtin"), [false, "slipway-default", 1, 13]);
  });
});

describe("mounts of buildSpec", () => {
  const bind = (change: object): MountInput => ({
    type: "bind",
    source: "/src",
    target: "/data",
    readOnly: false,
    propagation: "",
    nonRecursive: false,
    ...change,
  });
  const tmpfs = (change: object): MountInput => ({
    type: "tmpfs",
    target: "/data",
    readOnly: false,
    options: [],
    ...change,
  });
  const cases: readonly (readonly [title: string, mount: MountInput, options: readonly string[]])[] = [
    ["a bind", bind({}), ["rbind", "rprivate"]],
    ["a read-only bind with all below it", bind({ readOnly: true }), ["rbind", "rprivate", "ro", "rro"]],
    ["a read-only bind alone", bind({ readOnly: true, nonRecursive: true }), ["bind", "rprivate", "ro"]],
    ["a read-only shared bind", bind({ readOnly: true, propagation: "rshared" }), ["rbind", "rshared", "ro"]],
    ["a tmpfs", tmpfs({}), ["nosuid", "noexec", "nodev", "rprivate"]],
    [
      "a tmpfs with options",
      tmpfs({ options: ["exec", "size=1m", "mode=1777"] }),
      ["nosuid", "exec", "nodev", "rprivate", "size=1m", "mode=1777"],
    ],
    ["a read-only tmpfs", tmpfs({ options: ["rw"], readOnly: true }), ["nosuid", "noexec", "nodev", "rprivate", "ro"]],
  ];
  for (const [title, mount, options] of cases) {
    it(`gives ${title} its options`, () => {
      const built = build({}, { mounts: [mount] }).spec.mounts.find(({ destination }) => destination === "/data");
      deepStrictEqual(built?.options, options);
    });
  }

  it("puts parents first, and the user's in the place of ours", () => {
    const mounts = [
      bind({ target: "/a/b/c" }),
      bind({ target: "/a/./b/" }),
      bind({ target: "/dev" }),
      bind({ target: "/a", source: "/last" }),
    ];
    const destinations = build({}, { mounts }).spec.mounts.map(({ destination }) => destination);
    deepStrictEqual(destinations, ["/proc", "/sys", "/dev", "/a", "/a/b", "/sys/fs/cgroup", "/a/b/c"]);
  });

  it("opens the root's propagation as far as a bind needs it", () => {
    const propagation = (...asked: string[]): string | undefined =>
      build({}, { mounts: asked.map((each) => bind({ propagation: each })) }).spec.linux.rootfsPropagation;
    deepStrictEqual(
      [propagation("rprivate"), propagation("rslave"), propagation("slave", "shared")],
      [undefined, "rslave", "shared"],
    );
  });
});

describe("cgroupsPath of buildSpec", () => {
  const path = (driver: "cgroupfs" | "systemd", parent: string): string | undefined =>
    build({}, { cgroup: { driver, parent } }).spec.linux.cgroupsPath;
  it("is below the parent for cgroupfs, and slice:prefix:id for systemd", () => {
    deepStrictEqual(
      [path("cgroupfs", ""), path("cgroupfs", "ci//jobs"), path("systemd", ""), path("systemd", "user-ci.slice")],
      [`/slipway/${ID}`, `/ci/jobs/${ID}`, `system.slice:slipway:${ID}`, `user-ci.slice:slipway:${ID}`],
    );
  });
  for (const [driver, parent] of [
    ["cgroupfs", "/../x"],
    ["systemd", "/x"],
    ["systemd", "a/b.slice"],
    ["systemd", "-a.slice"],
  ] as const) {
    it(`refuses ${parent} for ${driver}`, () => throws(() => path(driver, parent), { kind: "InvalidParameter" }));
  }
});

describe("encodeSpec", () => {
  it("writes an unlimited limit as the number that runc reads", () => {
    const { spec } = build({ ulimits: [{ name: "core", soft: 0, hard: -1 }] });
    strictEqual(
      /"rlimits":(\[.*?\])/.exec(encodeSpec(spec))?.[1],
      '[{"type":"RLIMIT_CORE","soft":0,"hard":18446744073709551615}]',
    );
  });
});
