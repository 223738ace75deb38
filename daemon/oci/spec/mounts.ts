import { EngineError } from "../../base/errors.ts";
import type { OciMount } from "../runtime-spec.ts";
import type { BindInput, MountInput, NamespaceInput, SpecFacts, TmpfsInput } from "./input.ts";

const SHM_DEFAULT = 64 * 1024 * 1024;
const SHM = "/dev/shm";
const MQUEUE = "/dev/mqueue";

export interface MountsInput {
  readonly mounts: readonly MountInput[];
  readonly privileged: boolean;
  readonly init: boolean;
  readonly shmSize: number;
  readonly namespaces: NamespaceInput;
  readonly facts: Pick<SpecFacts, "mountOptions" | "initPath">;
}

/** Where `--init` is found in the container: Docker's place, which scripts look for. */
export const INIT_TARGET = "/sbin/docker-init";

/** Every mount of a container, parents before what is below them; on one target the user's wins over ours. */
export function buildMounts(input: MountsInput): readonly OciMount[] {
  const users = new Map(input.mounts.map((mount) => [clean(mount.target), mount]));
  const shadowed = (target: string): boolean =>
    users.has(target) ||
    (users.has("/dev") && target.startsWith("/dev/")) ||
    (users.has("/sys") && target.startsWith("/sys/"));
  const own = [...systemMounts(input), ...ipcMounts(input)].filter((mount) => !shadowed(mount.destination));
  const all = [...own, ...[...users].map(([target, mount]) => userMount(target, mount, input.facts))];
  if (input.init && input.facts.initPath !== undefined) all.push(initMount(input.facts.initPath));
  return inOrder(all);
}

/** The file systems of the kernel, with the options that Docker gives them. */
function systemMounts({ privileged }: MountsInput): OciMount[] {
  // Whoever is privileged may write there even where its own root may not be written.
  const system = ["nosuid", "noexec", "nodev", privileged ? "rw" : "ro"];
  return [
    mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
    mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    mount("/sys", "sysfs", "sysfs", system),
    mount("/sys/fs/cgroup", "cgroup", "cgroup", system),
  ];
}

/** /dev/mqueue and /dev/shm belong to the ipc namespace: the host's with the host's. */
function ipcMounts({ namespaces, shmSize }: MountsInput): OciMount[] {
  const options = ["nosuid", "noexec", "nodev"];
  const bind = (target: string, source: string): OciMount => mount(target, "bind", source, ["rbind", ...options]);
  if (namespaces.ipc === "host") return [bind(MQUEUE, MQUEUE), bind(SHM, SHM)];
  const queue = mount(MQUEUE, "mqueue", "mqueue", options);
  if (namespaces.noShm === true) return [queue];
  if (namespaces.shmPath !== undefined) return [queue, bind(SHM, namespaces.shmPath)];
  const size = `size=${shmSize > 0 ? shmSize : SHM_DEFAULT}`;
  return [queue, mount(SHM, "tmpfs", "shm", [...options, "mode=1777", size])];
}

function initMount(source: string): OciMount {
  return mount(INIT_TARGET, "bind", source, ["bind", "ro", "nosuid", "nodev"]);
}

function userMount(target: string, input: MountInput, facts: MountsInput["facts"]): OciMount {
  return input.type === "tmpfs" ? tmpfsMount(target, input) : bindMount(target, input, facts);
}

function bindMount(target: string, input: BindInput, facts: MountsInput["facts"]): OciMount {
  const propagation = input.propagation || "rprivate";
  const options = [input.nonRecursive ? "bind" : "rbind", propagation];
  if (input.readOnly) options.push("ro", ...readOnlyBelow(input, propagation, facts));
  return mount(target, "bind", input.source, options);
}

/**
 * A read-only tree has to be so in the mounts below it too (Linux 5.12, runc 1.1); where mounts flow in from the host, or the
 * kernel cannot, that is not to be had, and only who insists is refused.
 */
function readOnlyBelow(input: BindInput, propagation: string, facts: MountsInput["facts"]): readonly string[] {
  if (input.nonRecursive || input.readOnlyBelow === "none") return [];
  const isPrivate = propagation === "rprivate" || propagation === "private";
  if (isPrivate && facts.mountOptions.includes("rro")) return ["rro"];
  if (input.readOnlyBelow !== "force") return [];
  const why = isPrivate ? "the runtime or the kernel does not support it" : "it requires the propagation rprivate";
  throw new EngineError("InvalidParameter", `mount ${input.target} cannot be made recursively read-only: ${why}`);
}

/** Options that exclude each other: a later one takes the place of the earlier. */
const OPPOSITES: readonly (readonly string[])[] = [
  ["ro", "rw"],
  ["exec", "noexec"],
  ["suid", "nosuid"],
  ["dev", "nodev"],
];

function tmpfsMount(target: string, input: TmpfsInput): OciMount {
  const given = [...input.options, ...(input.readOnly ? ["ro"] : [])];
  const merged = new Map<string, string>();
  for (const option of ["nosuid", "noexec", "nodev", "rprivate", ...given]) {
    const name = option.split("=", 1)[0] ?? "";
    const group = OPPOSITES.find((each) => each.includes(name));
    merged.set(group?.[0] ?? name, option);
  }
  return mount(target, "tmpfs", "tmpfs", [...merged.values()].filter(Boolean));
}

function mount(destination: string, type: string, source: string, options: readonly string[]): OciMount {
  return { destination, type, source, options };
}

/** Without `.`, `..`, doubled and trailing slashes: one target has one spelling. */
function clean(target: string): string {
  const parts: string[] = [];
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Parents first, stable among equals: a mount made later would hide what was mounted below its target before. */
function inOrder(mounts: readonly OciMount[]): readonly OciMount[] {
  const depth = (path: string): number => path.split("/").length;
  return [...mounts].sort((a, b) => depth(a.destination) - depth(b.destination));
}

/** What the root mount's propagation has to be for the propagation that its binds ask for (mount_namespaces(7)). */
export function rootfsPropagation(mounts: readonly MountInput[]): string | undefined {
  const asked = mounts.flatMap((each) => (each.type === "bind" ? [each.propagation] : []));
  if (asked.some((each) => each === "shared" || each === "rshared")) return "shared";
  if (asked.some((each) => each === "slave" || each === "rslave")) return "rslave";
  return undefined;
}
