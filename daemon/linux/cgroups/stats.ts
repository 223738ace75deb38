import { totalmem } from "node:os";
import type { CgroupFiles } from "./files.ts";

/** Totals since the cgroup was made. Bytes, nanoseconds, counts. The shape of runtime's TaskStats. */
export interface CgroupStats {
  readonly cgroupVersion: 1 | 2;
  readonly cpu: {
    readonly totalNs: number;
    readonly userNs: number;
    readonly systemNs: number;
    /** Empty with version 2, which does not count by CPU. */
    readonly perCpuNs: readonly number[];
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
  };
  readonly memory: {
    readonly usage: number;
    /** 0 where the kernel does not keep it (version 2 before Linux 5.19). */
    readonly maxUsage: number;
    /** The machine's memory where no limit is set. */
    readonly limit: number;
    readonly failcnt: number;
    /** memory.stat as the kernel names it. */
    readonly stats: Readonly<Record<string, number>>;
  };
  /** A limit of 0 is none. */
  readonly pids: { readonly current: number; readonly limit: number };
  readonly io: readonly IoCount[];
  readonly oomKills: number;
}

interface IoCount {
  readonly major: number;
  readonly minor: number;
  /** `read`, `write`; with version 1 also sync, async, discard, total. */
  readonly op: string;
  readonly bytes: number;
}

/** What cannot be read counts as 0: a controller may be missing. */
export function statsV1(files: (controller: string) => CgroupFiles | undefined): CgroupStats {
  const cpu = keyed(files("cpu")?.read("cpu.stat"));
  const account = files("cpuacct");
  const memory = files("memory");
  const pids = files("pids");
  return {
    cgroupVersion: 1,
    cpu: {
      totalNs: number(account?.read("cpuacct.usage")),
      userNs: number(account?.read("cpuacct.usage_user")),
      systemNs: number(account?.read("cpuacct.usage_sys")),
      perCpuNs: words(account?.read("cpuacct.usage_percpu")).map(Number),
      periods: cpu["nr_periods"] ?? 0,
      throttledPeriods: cpu["nr_throttled"] ?? 0,
      throttledNs: cpu["throttled_time"] ?? 0,
    },
    memory: {
      usage: number(memory?.read("memory.usage_in_bytes")),
      maxUsage: number(memory?.read("memory.max_usage_in_bytes")),
      limit: memoryLimit(memory?.read("memory.limit_in_bytes")),
      failcnt: number(memory?.read("memory.failcnt")),
      stats: keyed(memory?.read("memory.stat")),
    },
    pids: pidCounts(pids),
    io: parseBlkio(files("blkio")?.read("blkio.throttle.io_service_bytes_recursive")),
    oomKills: keyed(memory?.read("memory.oom_control"))["oom_kill"] ?? 0,
  };
}

export function statsV2(files: CgroupFiles): CgroupStats {
  const cpu = keyed(files.read("cpu.stat"));
  const events = keyed(files.read("memory.events"));
  const ns = (key: string): number => (cpu[key] ?? 0) * 1000;
  return {
    cgroupVersion: 2,
    cpu: {
      totalNs: ns("usage_usec"),
      userNs: ns("user_usec"),
      systemNs: ns("system_usec"),
      perCpuNs: [],
      periods: cpu["nr_periods"] ?? 0,
      throttledPeriods: cpu["nr_throttled"] ?? 0,
      throttledNs: ns("throttled_usec"),
    },
    memory: {
      usage: number(files.read("memory.current")),
      maxUsage: number(files.read("memory.peak")),
      limit: memoryLimit(files.read("memory.max")),
      failcnt: events["max"] ?? 0,
      stats: keyed(files.read("memory.stat")),
    },
    pids: pidCounts(files),
    io: parseIoStat(files.read("io.stat")),
    oomKills: events["oom_kill"] ?? 0,
  };
}

function pidCounts(files: CgroupFiles | undefined): CgroupStats["pids"] {
  return { current: number(files?.read("pids.current")), limit: number(files?.read("pids.max")) };
}

/** `max`, and version 1's page-rounded 2^63, are more than there is. */
function memoryLimit(text: string | undefined): number {
  const limit = number(text);
  const total = totalmem();
  return limit === 0 || limit > total ? total : limit;
}

/** `key value` lines. */
function keyed(text: string | undefined): Readonly<Record<string, number>> {
  const pairs = lines(text).map((line) => line.split(" "));
  return Object.fromEntries(pairs.map(([key = "", value]) => [key, number(value)]));
}

/** `8:0 Read 4096`; the line `Total 4096` at the end has no device. */
function parseBlkio(text: string | undefined): readonly IoCount[] {
  return lines(text).flatMap((line) => {
    const match = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line);
    if (match === null) return [];
    const [, major, minor, op = "", bytes] = match;
    return [{ major: Number(major), minor: Number(minor), op: op.toLowerCase(), bytes: Number(bytes) }];
  });
}

/** `8:0 rbytes=4096 wbytes=0 rios=1 …` */
function parseIoStat(text: string | undefined): readonly IoCount[] {
  return lines(text).flatMap((line) => {
    const match = /^(\d+):(\d+) /.exec(line);
    if (match === null) return [];
    const device = { major: Number(match[1]), minor: Number(match[2]) };
    const bytes = (key: string): number => Number(new RegExp(`\\b${key}=(\\d+)`).exec(line)?.[1] ?? 0);
    return [
      { ...device, op: "read", bytes: bytes("rbytes") },
      { ...device, op: "write", bytes: bytes("wbytes") },
    ];
  });
}

function lines(text = ""): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

function words(text = ""): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** 0 for what is missing or no number: `max`. */
function number(text = ""): number {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : 0;
}
