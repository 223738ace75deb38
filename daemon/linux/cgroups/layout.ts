import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Where the cgroup hierarchies are mounted (cgroups(7)). Version 2 is one hierarchy for all controllers; version 1 has one
 * or more controllers a hierarchy. A hybrid counts as version 1: controllers are used where they are mounted as such.
 */
export type CgroupLayout =
  | { readonly version: 2; readonly mountpoint: string; readonly controllers: ReadonlySet<string> }
  | {
      readonly version: 1;
      /**
       * Controller → mount point; named hierarchies as `name=systemd`, a hybrid's version 2 as "". Co-mounted controllers
       * share one.
       */
      readonly hierarchies: ReadonlyMap<string, string>;
    };

/** Reads this process's mounts. */
export function detectCgroups(): CgroupLayout {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  return parseLayout(mounts, (mountpoint) => readWords(join(mountpoint, "cgroup.controllers")));
}

/** @param controllersOf names of the controllers that a version 2 mount has. */
export function parseLayout(mountinfo: string, controllersOf: (mountpoint: string) => readonly string[]): CgroupLayout {
  const mounts = mountinfo.split("\n").flatMap(parseMount);
  const unified = mounts.find(({ type }) => type === "cgroup2");
  const hierarchies = new Map<string, string>();
  for (const { type, mountpoint, superOptions } of mounts) {
    if (type !== "cgroup") continue;
    // The first mount of a hierarchy is the machine's own; later ones are copies of it in containers' trees.
    for (const name of superOptions.filter(isController)) if (!hierarchies.has(name)) hierarchies.set(name, mountpoint);
  }
  const hasControllers = [...hierarchies.keys()].some((name) => !name.startsWith("name="));
  if (unified === undefined || hasControllers) {
    // runc makes a folder there too, where systemd mounts it in a hybrid.
    if (unified?.mountpoint.endsWith(HYBRID) === true) hierarchies.set("", unified.mountpoint);
    return { version: 1, hierarchies };
  }
  return { version: 2, mountpoint: unified.mountpoint, controllers: new Set(controllersOf(unified.mountpoint)) };
}

/** Where version 2 is mounted, with controllers or without. */
export function rootOfVersion2(layout: CgroupLayout): string | undefined {
  return layout.version === 2 ? layout.mountpoint : layout.hierarchies.get("");
}

const HYBRID = "/cgroup/unified";

/** Options of the super block that are no controllers. */
const FLAGS: ReadonlySet<string> = new Set([
  "rw",
  "ro",
  "noprefix",
  "xattr",
  "clone_children",
  "cpuset_v2_mode",
  "favordynmods",
]);

function isController(option: string): boolean {
  return !FLAGS.has(option) && !option.startsWith("release_agent=");
}

interface Mount {
  readonly mountpoint: string;
  readonly type: string;
  readonly superOptions: readonly string[];
}

/** proc_pid_mountinfo(5): optional fields end at a lone dash; blanks in paths are octal. */
function parseMount(line: string): readonly Mount[] {
  const [before = "", after = ""] = line.split(" - ", 2);
  const mountpoint = before.split(" ")[4];
  const [type, , superOptions] = after.split(" ");
  if (mountpoint === undefined || type === undefined || superOptions === undefined) return [];
  const path = mountpoint.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return [{ mountpoint: path, type, superOptions: superOptions.split(",") }];
}

/** Which limits can be held; the shape of oci/spec's LimitFacts. */
export interface CgroupLimits {
  readonly memory: boolean;
  readonly swap: boolean;
  readonly cpuCfs: boolean;
  readonly cpuShares: boolean;
  readonly cpuSet: boolean;
  readonly pids: boolean;
  readonly oomKillDisable: boolean;
}

export function cgroupLimits(layout: CgroupLayout): CgroupLimits {
  if (layout.version === 2) {
    const has = (name: string): boolean => layout.controllers.has(name);
    const memory = has("memory");
    return {
      memory,
      swap: memory && swapIsCounted(layout.mountpoint),
      cpuCfs: has("cpu"),
      cpuShares: has("cpu"),
      cpuSet: has("cpuset"),
      pids: has("pids"),
      oomKillDisable: false,
    };
  }
  const has = (controller: string, file: string): boolean => {
    const mountpoint = layout.hierarchies.get(controller);
    return mountpoint !== undefined && existsSync(join(mountpoint, file));
  };
  return {
    memory: has("memory", "memory.limit_in_bytes"),
    swap: has("memory", "memory.memsw.limit_in_bytes"),
    cpuCfs: has("cpu", "cpu.cfs_quota_us"),
    cpuShares: has("cpu", "cpu.shares"),
    cpuSet: has("cpuset", "cpuset.cpus"),
    pids: layout.hierarchies.has("pids"),
    oomKillDisable: has("memory", "memory.oom_control"),
  };
}

/** The root has no limit files: any cgroup below it with a memory controller tells; with none, the kernel's default holds. */
function swapIsCounted(mountpoint: string): boolean {
  const children = readdirSync(mountpoint, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(mountpoint, entry.name))
    .filter((path) => existsSync(join(path, "memory.max")));
  return children.every((path) => existsSync(join(path, "memory.swap.max")));
}

function readWords(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}
