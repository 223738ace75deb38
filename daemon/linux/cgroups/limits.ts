/** The part of the runtime-spec's resources that a running container's limits may be changed by (config-linux.md). */
export interface CgroupResources {
  readonly memory?: { readonly limit?: number; readonly reservation?: number; readonly swap?: number };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
}

export interface LimitWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/**
 * What to write, in order, for version 1. The kernel refuses a memory limit above the limit of memory and swap, so of the
 * two the one that moves away from the other goes first.
 * @param memoryLimit the limit now, bytes.
 */
export function limitsV1(resources: CgroupResources, memoryLimit: number): readonly LimitWrite[] {
  const { memory = {}, cpu = {}, pids } = resources;
  const limit = entry("memory", "memory.limit_in_bytes", memory.limit);
  const swap = entry("memory", "memory.memsw.limit_in_bytes", memory.swap);
  const growing = memory.limit !== undefined && (memory.limit === -1 || memory.limit > memoryLimit);
  return [
    ...(growing ? [...swap, ...limit] : [...limit, ...swap]),
    ...entry("memory", "memory.soft_limit_in_bytes", memory.reservation),
    ...entry("cpu", "cpu.shares", cpu.shares),
    ...entry("cpu", "cpu.cfs_period_us", cpu.period),
    ...entry("cpu", "cpu.cfs_quota_us", cpu.quota),
    ...entry("cpuset", "cpuset.cpus", cpu.cpus),
    ...entry("cpuset", "cpuset.mems", cpu.mems),
    ...entry("pids", "pids.max", pids && maximum(pids.limit)),
  ];
}

export function limitsV2(resources: CgroupResources): readonly LimitWrite[] {
  const { memory = {}, cpu = {}, pids } = resources;
  // The spec's swap is memory and swap together; the kernel's is swap alone.
  const swapAlone =
    memory.swap === undefined || memory.swap === -1 || memory.limit === undefined
      ? memory.swap
      : Math.max(memory.swap - memory.limit, 0);
  const bandwidth =
    cpu.quota === undefined && cpu.period === undefined
      ? undefined
      : `${maximum(cpu.quota === undefined || cpu.quota <= 0 ? -1 : cpu.quota)} ${cpu.period ?? 100_000}`;
  return [
    ...entry("memory", "memory.swap.max", swapAlone === undefined ? undefined : maximum(swapAlone)),
    ...entry("memory", "memory.max", memory.limit === undefined ? undefined : maximum(memory.limit)),
    ...entry("memory", "memory.low", memory.reservation),
    ...entry("cpu", "cpu.weight", cpu.shares === undefined ? undefined : weightOf(cpu.shares)),
    ...entry("cpu", "cpu.max", bandwidth),
    ...entry("cpuset", "cpuset.cpus", cpu.cpus),
    ...entry("cpuset", "cpuset.mems", cpu.mems),
    ...entry("pids", "pids.max", pids && maximum(pids.limit)),
  ];
}

/** Version 1's 2..262144 onto version 2's 1..10000, as runc 1.1 does. */
export function weightOf(shares: number): number {
  const clamped = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((clamped - 2) * 9999) / 262_142);
}

function maximum(value: number): string {
  return value < 0 ? "max" : String(value);
}

function entry(controller: string, file: string, value: string | number | undefined): readonly LimitWrite[] {
  return value === undefined || value === "" ? [] : [{ controller, file, value: String(value) }];
}
