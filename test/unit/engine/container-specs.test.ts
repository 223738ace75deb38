import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../../daemon/base/errors.ts";
import { ContainerPaths } from "../../../daemon/engine/containers/paths.ts";
import { ContainerSpecs } from "../../../daemon/engine/containers/spec/container-specs.ts";
import { userIn } from "../../../daemon/engine/containers/spec/user-files.ts";
import type { Container, ContainerSpec, EndpointRecord, HostSpec } from "../../../daemon/engine/model/container.ts";
import type { ExecRecord } from "../../../daemon/engine/services.ts";
import { CAPABILITIES } from "../../../daemon/oci/capabilities.ts";
import type { OciSpec } from "../../../daemon/oci/runtime-spec.ts";
import { NO_LIMITS } from "../../conformance/bundle.ts";

const HOST: HostSpec = {
  binds: [],
  mounts: [],
  autoRemove: false,
  readonlyRootfs: false,
  privileged: false,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  init: false,
  shmSize: 0,
  ulimits: [],
  resources: NO_LIMITS,
  restartPolicy: { name: "no", maximumRetryCount: 0 },
  log: { driver: "json-file", maxSize: 0, maxFile: 1, options: {} },
  network: "none",
  devices: [],
  groupAdd: [],
  extraHosts: [],
  dns: [],
  dnsOptions: [],
  dnsSearch: [],
  ipcMode: "private",
  pidMode: "",
  utsMode: "",
  cgroupnsMode: "host",
  cgroupParent: "",
  oomScoreAdj: 0,
  sysctls: {},
  runtime: "",
  publishAllPorts: false,
  portBindings: [],
  annotations: {},
};

const ID = "c".repeat(64);

function containerOf(host: Partial<HostSpec> = {}, change: Partial<ContainerSpec> = {}, id = ID): Container {
  const spec = { hostname: "web", domainname: "", tty: false, exposedPorts: [], ...change, host: { ...HOST, ...host } };
  return {
    id,
    name: "c",
    spec: spec as ContainerSpec,
    process: { args: ["true"], env: ["A=1"], cwd: "/", user: "", stopSignal: "TERM", labels: {} },
    state: { status: "running", pid: process.pid, startedAt: "" },
    mounts: [],
  } as unknown as Container;
}

describe("ContainerSpecs", () => {
  let root: string;
  let known: Map<string, Container>;
  let shm: string[];
  let filters: number;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-spec-"));
    mkdirSync(join(root, "rootfs/etc"), { recursive: true });
    writeFileSync(join(root, "rootfs/etc/passwd"), "root:x:0:0::/root:\nwww:x:33:34::/srv:\n");
    writeFileSync(join(root, "rootfs/etc/group"), "www:x:34:\nmore:x:44:www\n");
    for (const id of [ID, "d".repeat(64)]) mkdirSync(join(root, "containers", id), { recursive: true });
    known = new Map();
    shm = [];
    filters = 0;
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const specsOf = (facts: Readonly<Record<string, unknown>> = {}, filter = true): ContainerSpecs =>
    new ContainerSpecs({
      store: {
        all: () => [...known.values()],
        find: (id) => known.get(id),
        resolve(ref) {
          const found = known.get(ref);
          if (found === undefined) throw new EngineError("NotFound", `No such container: ${ref}`);
          return found;
        },
      },
      paths: new ContainerPaths(root, root),
      facts: {
        kernel: "6.1.0",
        arch: "amd64",
        capabilities: CAPABILITIES,
        hardLimits: {},
        oomScoreAdjMin: -1000,
        userNamespace: false,
        seccomp: true,
        selinux: false,
        cgroupVersion: 2,
        limits: {
          memory: true,
          swap: true,
          cpuCfs: true,
          cpuShares: true,
          cpuSet: true,
          pids: true,
          oomKillDisable: true,
        },
        mountOptions: [],
        thermalThrottlePaths: [],
        ...facts,
      },
      defaults: {
        ulimits: [{ name: "nofile", soft: 10, hard: 20 }],
        cgroupDriver: "cgroupfs",
        cgroupParent: "/parent",
        init: false,
        dns: [],
        dnsOptions: [],
        dnsSearch: [],
        hostGateway: () => "172.17.0.1",
      },
      runtimes: { runc: "/usr/bin/runc" },
      seccompFilter: () => {
        filters++;
        return Promise.resolve(filter ? new Uint8Array(8) : undefined);
      },
      shm: { mount: (path, size) => void shm.push(`${path} ${size}`), unmount: () => undefined },
    });

  const build = (container: Container, sandboxPath?: string): OciSpec =>
    specsOf().buildNow(container, { rootfs: join(root, "rootfs"), sandboxPath, endpoints: {}, mountSources: new Map() })
      .spec;
  const bindOf = ({ mounts }: OciSpec, target: string): string | undefined =>
    mounts.find(({ destination, type }) => destination === target && type === "bind")?.source;

  it("a link to a container that starts again leads to its new address, also while its holder is starting", () => {
    const at = (ipAddress: string): Partial<Container> => ({ endpoints: { bridge: { ipAddress } as EndpointRecord } });
    const db = { ...containerOf({}, { hostname: "db" }, "d".repeat(64)), name: "db", ...at("172.17.0.2") };
    const links = { networks: { bridge: { links: [`${db.id}:store`] } } };
    const state = { status: "created" } as const;
    const web = { ...containerOf({ network: "bridge" }, links), state, ...at("172.17.0.3") };
    for (const each of [web, db]) known.set(each.id, each);
    build(web);
    specsOf().updateLinksTo({ ...db, ...at("172.17.0.9") });
    const hosts = readFileSync(new ContainerPaths(root, root).hosts(web.id), "utf8");
    deepEqual(hosts.match(/^.*store.*$/gm), ["172.17.0.9\tstore db"]);
  });

  it("runs the process as the image's user, with its home and groups", () => {
    const container = containerOf();
    const { process } = build({ ...container, process: { ...container.process, user: "www" } });
    deepEqual(process.user, { uid: 33, gid: 34, additionalGids: [34, 44] });
    deepEqual(
      process.env.filter((entry) => !entry.startsWith("PATH")),
      ["HOSTNAME=web", "HOME=/srv", "A=1"],
    );
  });

  it("mounts hostname, hosts and resolv.conf, and a mount of the user's takes their place", () => {
    const spec = build(containerOf());
    deepEqual(
      ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"].map((target) => bindOf(spec, target)),
      ["hostname", "hosts", "resolv.conf"].map((name) => join(root, "containers", ID, name)),
    );
    equal(readFileSync(join(root, "containers", ID, "hostname"), "utf8"), "web\n");
    const own = {
      type: "bind",
      source: "/own",
      target: "/etc/hosts",
      readOnly: true,
      propagation: "rprivate",
    } as const;
    equal(
      bindOf(build(containerOf({ mounts: [{ ...own, nonRecursive: false, createSource: true }] })), "/etc/hosts"),
      "/own",
    );
  });

  it("mounts a volume where its record says", () => {
    const volume = {
      type: "volume",
      name: "v",
      target: "/v",
      readOnly: true,
      noCopy: false,
      labels: {},
      driver: "local",
    } as const;
    const container = containerOf({ mounts: [{ ...volume, driverOpts: {}, subpath: "" }] });
    const mounts = [{ type: "volume", name: "v", source: "/data/v", target: "/v", mode: "ro", readWrite: false }];
    const spec = build({ ...container, mounts } as unknown as Container);
    deepEqual(
      spec.mounts.find(({ destination }) => destination === "/v"),
      { destination: "/v", type: "bind", source: "/data/v", options: ["rbind", "rprivate", "ro"] },
    );
  });

  it("joins the sandbox, the namespaces of another container, or the host's", () => {
    const namespaces = (container: Container, sandbox?: string): Readonly<Record<string, string | undefined>> =>
      Object.fromEntries(build(container, sandbox).linux.namespaces.map(({ type, path }) => [type, path]));
    const plain = { mount: undefined, uts: undefined, pid: undefined, ipc: undefined };
    deepEqual(namespaces(containerOf(), "/run/x"), { ...plain, network: "/run/x" });
    deepEqual(namespaces(containerOf({ network: "host", pidMode: "host", ipcMode: "host", utsMode: "host" })), {
      mount: undefined,
    });
    known.set("other", containerOf({ ipcMode: "shareable" }, { hostname: "donor" }, "d".repeat(64)));
    const joined = containerOf(
      { network: "container:other", pidMode: "container:other", ipcMode: "container:other" },
      { hostname: "" },
    );
    const proc = `/proc/${process.pid}/ns`;
    deepEqual(namespaces(joined), { ...plain, network: `${proc}/net`, pid: `${proc}/pid`, ipc: `${proc}/ipc` });
    const spec = build(joined);
    deepEqual(
      [spec.hostname, bindOf(spec, "/etc/hosts"), bindOf(spec, "/dev/shm")],
      ["donor", join(root, "containers", "d".repeat(64), "hosts"), join(root, "shm", "d".repeat(64))],
    );
  });

  const refusals: readonly (readonly [
    host: Partial<HostSpec>,
    other: Partial<Container>,
    kind: string,
    message: RegExp,
  ])[] = [
    [{ network: "container:nobody" }, {}, "NotFound", /No such container: nobody/],
    [
      { network: "container:other" },
      { state: { status: "created" } },
      "Conflict",
      /cannot join network namespace of a non running/,
    ],
    [{ pidMode: "container:other" }, { state: { status: "created" } }, "Conflict", /cannot join PID namespace/],
    [{ ipcMode: "container:other" }, {}, "Conflict", /non-shareable IPC/],
  ];
  for (const [host, other, kind, message] of refusals) {
    it(`refuses at start: ${JSON.stringify(host)} of a container that is ${JSON.stringify(other)}`, () => {
      known.set("other", { ...containerOf(), ...other });
      throws(() => build(containerOf(host)), { kind, message });
    });
  }

  it("shares /dev/shm by a tmpfs of the host, of the size that was asked for", () => {
    const spec = build(containerOf({ ipcMode: "shareable", shmSize: 4096 }));
    deepEqual([shm, bindOf(spec, "/dev/shm")], [[`${join(root, "shm", ID)} 4096`], join(root, "shm", ID)]);
  });

  it("has the daemon's defaults where the container says nothing", () => {
    const { process, linux } = build(containerOf());
    deepEqual([process.rlimits, linux.cgroupsPath], [[{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }], `/parent/${ID}`]);
    const own = build(containerOf({ ulimits: [{ name: "nofile", soft: 1, hard: 2 }], cgroupParent: "/own" }));
    deepEqual(
      [own.process.rlimits, own.linux.cgroupsPath],
      [[{ type: "RLIMIT_NOFILE", soft: 1, hard: 2 }], `/own/${ID}`],
    );
  });

  it("validate warns of what cannot be had, and refuses what no start could do", async () => {
    deepEqual(await specsOf({ seccomp: false }).validate(containerOf()), [
      "seccomp is not enabled in your kernel: the container runs without the default seccomp profile",
    ]);
    await rejects(specsOf().validate(containerOf({ runtime: "nope" })), {
      kind: "InvalidParameter",
      message: /runtime name: nope/,
    });
    await rejects(specsOf().validate(containerOf({ capAdd: ["NOPE"] })), { kind: "InvalidParameter" });
    await rejects(
      specsOf().validate(containerOf({ resources: { ...NO_LIMITS, memory: 1000 } })),
      /Minimum memory limit/,
    );
    // One that is to be joined need not be there at create.
    deepEqual(await specsOf().validate(containerOf({ network: "container:later" })), []);
  });

  const execOf = (change: Partial<ExecRecord["spec"]> = {}): ExecRecord => ({
    id: "e",
    containerId: ID,
    spec: {
      cmd: ["id"],
      env: ["B=2"],
      user: "",
      workingDir: "",
      tty: false,
      privileged: false,
      attachStdin: false,
      attachStdout: true,
      attachStderr: true,
      ...change,
    },
    state: { status: "created" },
  });

  it("exec has the container's confinement, environment and folder", async () => {
    const process = await specsOf().exec(containerOf(), execOf(), { detach: false });
    const { capabilities, seccompFilter, env, cwd, attach, rlimits } = process;
    deepEqual(
      [
        capabilities.length,
        seccompFilter?.length,
        cwd,
        attach,
        rlimits?.[0]?.type,
        env.includes("A=1") && env.includes("B=2"),
      ],
      [14, 8, "/", { stdin: false, stdout: true, stderr: true }, "RLIMIT_NOFILE", true],
    );
  });

  it("a privileged exec has every capability and the container's filter; a detached one no streams", async () => {
    const process = await specsOf({ apparmorProfile: "p" }).exec(containerOf(), execOf({ privileged: true }), {
      detach: true,
    });
    deepEqual(
      [process.capabilities, process.apparmorProfile, process.seccompFilter?.length, process.attach],
      [CAPABILITIES, "unconfined", 8, undefined],
    );
  });

  it("exec in a privileged container has no filter; without libseccomp exec is refused where there is one", async () => {
    const open = await specsOf({}, false).exec(containerOf({ privileged: true }), execOf(), { detach: true });
    deepEqual([open.seccompFilter, filters], [undefined, 0]);
    await rejects(specsOf({}, false).exec(containerOf(), execOf(), { detach: true }), {
      kind: "NotImplemented",
      message: /libseccomp/,
    });
  });
});

describe("userIn", () => {
  it("stays in the root, and takes what is no file for none", () => {
    const root = mkdtempSync(join(tmpdir(), "slipway-user-"));
    try {
      mkdirSync(join(root, "etc"));
      symlinkSync("/etc/passwd", join(root, "etc/passwd"));
      deepEqual(userIn(root, "", []), { uid: 0, gid: 0, additionalGids: [0], home: "/", name: "" });
      mkdirSync(join(root, "etc/group"));
      throws(() => userIn(root, "0:nobody", []), { kind: "InvalidParameter", message: /unable to find group nobody/ });
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
