import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { CgroupFiles } from "../../../daemon/linux/cgroups/files.ts";
import { parseLayout } from "../../../daemon/linux/cgroups/layout.ts";
import { limitsV1, limitsV2, weightOf } from "../../../daemon/linux/cgroups/limits.ts";
import { createCgroupOpener } from "../../../daemon/linux/cgroups/open-cgroup.ts";
import { cgroupFolder, expandSlice } from "../../../daemon/linux/cgroups/path.ts";
import { statsV1, statsV2 } from "../../../daemon/linux/cgroups/stats.ts";

const mount = (point: string, type: string, options: string): string =>
  `31 23 0:28 / ${point} rw,relatime shared:1 - ${type} ${type} ${options}`;

describe("parseLayout", () => {
  it("finds version 2 and its controllers", () => {
    const text = [mount("/", "ext4", "rw"), mount("/sys/fs/cgroup", "cgroup2", "rw,nsdelegate")].join("\n");
    deepStrictEqual(
      parseLayout(text, (point) => [point, "memory"]),
      { version: 2, mountpoint: "/sys/fs/cgroup", controllers: new Set(["/sys/fs/cgroup", "memory"]) },
    );
  });

  it("takes a hybrid for version 1, co-mounted controllers and the first mount of each", () => {
    const text = [
      mount("/sys/fs/cgroup/unified", "cgroup2", "rw"),
      mount("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"),
      mount("/sys/fs/cgroup/systemd", "cgroup", "rw,xattr,release_agent=/lib/agent,name=systemd"),
      mount("/var/lib/x/sys/fs/cgroup/cpu", "cgroup", "ro,cpu,cpuacct"),
      mount("/sys/fs/cgroup/my\\040pids", "cgroup", "rw,pids"),
    ].join("\n");
    deepStrictEqual(
      parseLayout(text, () => []),
      {
        version: 1,
        hierarchies: new Map([
          ["cpu", "/sys/fs/cgroup/cpu,cpuacct"],
          ["cpuacct", "/sys/fs/cgroup/cpu,cpuacct"],
          ["name=systemd", "/sys/fs/cgroup/systemd"],
          ["pids", "/sys/fs/cgroup/my pids"],
          ["", "/sys/fs/cgroup/unified"],
        ]),
      },
    );
  });

  it("counts a version 2 beside systemd's named hierarchy as version 2", () => {
    const text = [mount("/sys/fs/cgroup", "cgroup2", "rw"), mount("/run/old", "cgroup", "rw,name=systemd")].join("\n");
    strictEqual(parseLayout(text, () => []).version, 2);
  });
});

describe("cgroupFolder", () => {
  const cases: readonly (readonly [path: string, systemd: boolean, folder: string])[] = [
    ["/slipway/abc", false, "/slipway/abc"],
    ["/a//b/", false, "/a/b"],
    ["system.slice:slipway:abc", true, "/system.slice/slipway-abc.scope"],
    ["user-ci.slice:slipway:abc", true, "/user.slice/user-ci.slice/slipway-abc.scope"],
    [":slipway:abc", true, "/system.slice/slipway-abc.scope"],
    ["-.slice::abc", true, "/abc.scope"],
  ];
  for (const [path, systemd, folder] of cases)
    it(`is ${folder} for ${path}`, () => strictEqual(cgroupFolder(path, systemd), folder));
  // prettier-ignore
  const refused: readonly (readonly [path: string, systemd: boolean])[] = [
    ["/", false], ["", false], ["relative", false], ["/a/../..", false], ["system.slice:x", true], ["a:b:c:d", true],
    ["system.slice:x:../y", true], ["no-slice:x:y", true], ["a/b.slice:x:y", true],
  ];
  for (const [path, systemd] of refused)
    it(`refuses ${JSON.stringify(path)}`, () =>
      throws(() => cgroupFolder(path, systemd), { kind: "InvalidParameter" }));
  it("refuses slices with empty parts", () => throws(() => expandSlice("a--b.slice"), { kind: "InvalidParameter" }));
});

/** A folder of files as a hierarchy has them. */
function folder(files: Readonly<Record<string, string>>): CgroupFiles & Disposable {
  const path = mkdtempSync(join(tmpdir(), "slipway-cgroup-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return Object.assign(new CgroupFiles(path), { [Symbol.dispose]: () => rmSync(path, { recursive: true }) });
}

describe("statsV2", () => {
  it("reads every figure", () => {
    using files = folder({
      "cpu.stat": "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 7\nnr_throttled 1\nthrottled_usec 9\n",
      "memory.current": "4096\n",
      "memory.peak": "8192\n",
      "memory.max": "1048576\n",
      "memory.stat": "anon 1\nfile 2\n",
      "memory.events": "low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n",
      "pids.current": "3\n",
      "pids.max": "max\n",
      "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n252:1 rbytes=1 wbytes=0\n",
    });
    deepStrictEqual(statsV2(files), {
      cgroupVersion: 2,
      cpu: {
        totalNs: 5000,
        userNs: 3000,
        systemNs: 2000,
        perCpuNs: [],
        periods: 7,
        throttledPeriods: 1,
        throttledNs: 9000,
      },
      memory: { usage: 4096, maxUsage: 8192, limit: 1048576, failcnt: 4, stats: { anon: 1, file: 2 } },
      pids: { current: 3, limit: 0 },
      io: [
        { major: 8, minor: 0, op: "read", bytes: 10 },
        { major: 8, minor: 0, op: "write", bytes: 20 },
        { major: 252, minor: 1, op: "read", bytes: 1 },
        { major: 252, minor: 1, op: "write", bytes: 0 },
      ],
      oomKills: 1,
    });
  });
});

describe("statsV1", () => {
  it("reads every figure, and 0 where a controller is missing", () => {
    using files = folder({
      "cpu.stat": "nr_periods 7\nnr_throttled 1\nthrottled_time 9\n",
      "cpuacct.usage": "50\n",
      "cpuacct.usage_user": "30\n",
      "cpuacct.usage_sys": "20\n",
      "cpuacct.usage_percpu": "20 30 \n",
      "memory.usage_in_bytes": "4096\n",
      "memory.limit_in_bytes": "9223372036854771712\n",
      "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
      "blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Total 10\nTotal 10\n",
    });
    deepStrictEqual(
      statsV1((controller) => (controller === "pids" ? undefined : files)),
      {
        cgroupVersion: 1,
        cpu: {
          totalNs: 50,
          userNs: 30,
          systemNs: 20,
          perCpuNs: [20, 30],
          periods: 7,
          throttledPeriods: 1,
          throttledNs: 9,
        },
        memory: { usage: 4096, maxUsage: 0, limit: totalmem(), failcnt: 0, stats: {} },
        pids: { current: 0, limit: 0 },
        io: [
          { major: 8, minor: 0, op: "read", bytes: 10 },
          { major: 8, minor: 0, op: "total", bytes: 10 },
        ],
        oomKills: 2,
      },
    );
  });
});

describe("limits", () => {
  it("v1: writes the limit that moves away from the other first", () => {
    const files = (limit: number, now: number): readonly string[] =>
      limitsV1({ memory: { limit, swap: limit * 2 } }, now).map(({ file }) => file);
    deepStrictEqual(files(100, 50), ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"]);
    deepStrictEqual(files(100, 200), ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]);
    deepStrictEqual(files(-1, 200), ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"]);
  });

  it("v2: speaks the kernel's own terms", () => {
    const resources = {
      memory: { limit: 100, swap: 250, reservation: 50 },
      cpu: { shares: 1024, quota: 50_000, cpus: "0" },
      pids: { limit: -1 },
    };
    deepStrictEqual(
      limitsV2(resources).map(({ file, value }) => `${file}=${value}`),
      [
        "memory.swap.max=150",
        "memory.max=100",
        "memory.low=50",
        "cpu.weight=39",
        "cpu.max=50000 100000",
        "cpuset.cpus=0",
        "pids.max=max",
      ],
    );
    deepStrictEqual(
      limitsV2({ memory: { swap: -1 }, cpu: { quota: -1, period: 1000 } }).map(({ value }) => value),
      ["max", "max 1000"],
    );
    deepStrictEqual([2, 1024, 262_144].map(weightOf), [1, 39, 10_000]);
  });
});

describe("CgroupV2", () => {
  /** Files on a disk: what the kernel would say by itself, the test writes. */
  const opened = (
    events: string,
  ): { cgroup: ReturnType<ReturnType<typeof createCgroupOpener>>; files: ReturnType<typeof folder> } => {
    const files = folder({
      "slipway/abc/cgroup.events": events,
      "slipway/abc/cgroup.freeze": "0",
      "slipway/abc/cgroup.procs": "1\n2\n",
      "slipway/abc/nested/cgroup.procs": "3\n",
    });
    const open = createCgroupOpener({ version: 2, mountpoint: files.path, controllers: new Set() });
    return { cgroup: open("/slipway/abc", { systemd: false }), files };
  };
  const path = (files: CgroupFiles, name: string): string => join(files.path, "slipway/abc", name);

  it("lists the processes of nested cgroups too", () => {
    const { cgroup, files } = opened("populated 1\n");
    using _ = files;
    deepStrictEqual([...cgroup.processes()].sort(), [1, 2, 3]);
  });

  it("is frozen when cgroup.events says so, not when it is told to", async () => {
    const { cgroup, files } = opened("populated 1\nfrozen 0\n");
    using _ = files;
    let frozen = false;
    const freezing = cgroup.freeze().then(() => (frozen = true));
    strictEqual(readFileSync(path(files, "cgroup.freeze"), "utf8"), "1");
    await new Promise(setImmediate);
    strictEqual(frozen, false);
    writeFileSync(path(files, "cgroup.events"), "populated 1\nfrozen 1\n");
    await freezing;
    cgroup.thaw();
    strictEqual(readFileSync(path(files, "cgroup.freeze"), "utf8"), "0");
  });

  it("is thawed again when the wait is given up", async () => {
    const { cgroup, files } = opened("populated 1\nfrozen 0\n");
    using _ = files;
    const abort = new AbortController();
    const freezing = cgroup.freeze(abort.signal);
    abort.abort();
    await freezing.then(
      () => strictEqual(true, false),
      (error: Error) => strictEqual(error.message.endsWith("did not freeze"), true),
    );
    strictEqual(readFileSync(path(files, "cgroup.freeze"), "utf8"), "0");
  });
});
