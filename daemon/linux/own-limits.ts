import { readFileSync } from "node:fs";
import { capabilitiesOf } from "../base/linux-capabilities.ts";

/** Bit set of a line of proc_pid_status(5): CapBnd, CapEff. */
function maskOf(status: string, field: string): bigint {
  return BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
}

/** What this process can give to a container: in its bounding set, and permitted, since runc raises from its own. */
export function ownCapabilities(status = readFileSync("/proc/self/status", "utf8")): readonly string[] {
  return capabilitiesOf(maskOf(status, "CapBnd") & maskOf(status, "CapPrm"));
}

/** Lines of proc_pid_limits(5) → names of getrlimit(2), lower case. */
const LIMIT_NAMES: Readonly<Record<string, string>> = {
  "Max cpu time": "cpu",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max stack size": "stack",
  "Max core file size": "core",
  "Max resident set": "rss",
  "Max processes": "nproc",
  "Max open files": "nofile",
  "Max locked memory": "memlock",
  "Max file locks": "locks",
  "Max pending signals": "sigpending",
  "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice",
  "Max realtime priority": "rtprio",
  "Max realtime timeout": "rttime",
};

/** Hard limits; -1 is unlimited. */
export function ownHardLimits(limits = readFileSync("/proc/self/limits", "utf8")): Readonly<Record<string, number>> {
  return Object.fromEntries(
    limits.split("\n").flatMap((line) => {
      const name = LIMIT_NAMES[line.slice(0, 26).trim()];
      const hard = line.slice(26).trim().split(/\s+/)[1];
      if (name === undefined || hard === undefined) return [];
      return [[name, hard === "unlimited" ? -1 : Number(hard)] as const];
    }),
  );
}

/** Lower needs CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5)). */
export function lowestOomScore(capabilities: readonly string[]): number {
  return capabilities.includes("CAP_SYS_RESOURCE") ? -1000 : Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
}

/** Root of the host sees every uid as itself (user_namespaces(7)). */
export function inUserNamespace(uidMap = readFileSync("/proc/self/uid_map", "utf8")): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}
