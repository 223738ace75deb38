/**
 * What a daemon left behind, found by the folder of its roots and by its network namespace, so that other work on the same machine
 * is never taken for a leak: mounts, processes, listening sockets, cgroups, links, nft tables.
 */
import { type Dirent, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../daemon/base/errors.ts";
import { output } from "./process.ts";

export interface Traces {
  /** The folder that holds data root, exec root and sockets. */
  readonly root: string;
  /** Name under /run/netns. */
  readonly netns?: string;
  /** Full ids of every container that there was. */
  readonly containerIds: ReadonlySet<string>;
}

/** One line each, empty when nothing is left. */
export async function leaksOf(traces: Traces): Promise<readonly string[]> {
  return [
    ...mountsBelow(traces.root),
    ...processesOf(traces.root),
    ...socketsBelow(traces.root),
    ...cgroupsOf(traces.containerIds),
    ...(traces.netns === undefined ? [] : await networkOf(traces.netns)),
  ];
}

const linesOf = (path: string): readonly string[] => {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return []; // the process is gone
  }
};

/** proc_pid_mountinfo(5): the fifth field is the mount point. */
export function mountsBelow(root: string): readonly string[] {
  const points = linesOf("/proc/self/mountinfo").map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point === root || point.startsWith(`${root}/`)).map((point) => `mount: ${point}`);
}

/** Processes that name the root on their command line, or live in a mount namespace that holds a file system of it. */
function processesOf(root: string): readonly string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids
    .map((pid) => ({ pid, command: linesOf(`/proc/${pid}/cmdline`).join("").replaceAll("\0", " ").trim() }))
    .filter(({ pid, command }) => command.includes(root) || rootMountOf(pid).includes(root))
    .map(({ pid, command }) => `process: ${pid} ${command}`);
}

function rootMountOf(pid: string): string {
  return linesOf(`/proc/${pid}/mountinfo`).find((line) => line.split(" ")[4] === "/") ?? "";
}

function socketsBelow(root: string): readonly string[] {
  const listening = "00010000"; // __SO_ACCEPTCON, include/linux/net.h
  return linesOf("/proc/net/unix")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening && fields[7]?.startsWith(`${root}/`) === true)
    .map((fields) => `socket: ${fields[7]}`);
}

function cgroupsOf(ids: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    if (depth === 0) return;
    for (const entry of entriesOf(folder)) {
      if (!entry.isDirectory()) continue;
      const id = /[0-9a-f]{64}/.exec(entry.name)?.[0];
      if (id !== undefined && ids.has(id)) found.push(`cgroup: ${join(folder, entry.name)}`);
      else walk(join(folder, entry.name), depth - 1);
    }
  };
  walk("/sys/fs/cgroup", 4);
  return found;
}

/** None where it is gone: containers of other daemons end while this one is looked after. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return [];
  }
}

async function networkOf(netns: string): Promise<readonly string[]> {
  const inside = [`--net=/run/netns/${netns}`];
  const links = JSON.parse(await output("nsenter", [...inside, "ip", "-j", "link"])) as readonly { ifname: string }[];
  const tables = await output("nsenter", [...inside, "nft", "list", "tables"]);
  return [
    ...links
      .filter(({ ifname }) => ifname !== "lo" && !FALLBACK_DEVICES.test(ifname))
      .map(({ ifname }) => `link: ${ifname}`),
    ...tables
      .split("\n")
      .filter(Boolean)
      .map((table) => `nft: ${table}`),
  ];
}

/** Tunnel devices that the kernel makes in every network namespace where their modules are loaded (net.core.fb_tunnels_only_for_init_net). */
const FALLBACK_DEVICES = /^(?:tunl0|gre0|gretap0|erspan0|sit0|ip6tnl0|ip6gre0|ip_vti0|ip6_vti0)$/;
