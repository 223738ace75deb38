import type { ContainerStats } from "../contract/index.ts";

/** What a container uses: one sample. Everything is 0 while it does not run. */
export interface ContainerUsage {
  readonly readAt: Date;
  /** Of one processor, since the sample before it: two busy ones are 200. */
  readonly cpuPercent: number;
  /** Bytes, without the page cache that the kernel can take back. */
  readonly memory: number;
  /** Bytes: the container's limit, or the host's memory. */
  readonly memoryLimit: number;
  /** Processes and threads. */
  readonly pids: number;
  /** Bytes since its start. */
  readonly networkReceived: number;
  readonly networkSent: number;
  readonly blockRead: number;
  readonly blockWritten: number;
  /** The sample as the API has it. */
  readonly wire: ContainerStats;
}

export function usageOf(stats: ContainerStats): ContainerUsage {
  const networks = Object.values(stats.networks ?? {});
  return {
    readAt: new Date(stats.read),
    cpuPercent: cpuPercent(stats),
    memory: usedMemory(stats),
    memoryLimit: stats.memory_stats.limit ?? 0,
    pids: stats.pids_stats.current ?? 0,
    networkReceived: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    networkSent: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    blockRead: blockBytes(stats, "read"),
    blockWritten: blockBytes(stats, "write"),
    wire: stats,
  };
}

/** Share of the host's CPU time since the sample before, times its processors. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || now.cpu_usage.percpu_usage?.length || 1;
  return used > 0 && passed > 0 ? (used / passed) * cpus * 100 : 0;
}

/** memory.stat has `inactive_file` on cgroup v2 and `total_inactive_file` on v1. */
function usedMemory({ memory_stats: { usage = 0, stats = {} } }: ContainerStats): number {
  const cache = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  return cache < usage ? usage - cache : usage;
}

function blockBytes({ blkio_stats }: ContainerStats, operation: "read" | "write"): number {
  const entries = blkio_stats.io_service_bytes_recursive ?? [];
  return entries.filter(({ op }) => op.toLowerCase() === operation).reduce((sum, { value }) => sum + value, 0);
}
