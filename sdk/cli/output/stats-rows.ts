import type { ContainerStats } from "../../contract/index.ts";
import { bytesSize, humanSizeShort } from "../flags/units.ts";
import type { ListFormat, Row } from "./formatter.ts";
import { shortId } from "./short-id.ts";

export const STATS_FORMAT: ListFormat = {
  headers: {
    Container: "CONTAINER",
    ID: "CONTAINER ID",
    Name: "NAME",
    CPUPerc: "CPU %",
    MemUsage: "MEM USAGE / LIMIT",
    MemPerc: "MEM %",
    NetIO: "NET I/O",
    BlockIO: "BLOCK I/O",
    PIDs: "PIDS",
  },
  table: "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
};

/** One line of `stats`: `asked` is what the user called the container, `sample` its latest numbers, if there are some. */
export function statsRow(asked: string, sample: ContainerStats | undefined, full: boolean): Row {
  if (sample === undefined) {
    const none = { CPUPerc: "--", MemUsage: "-- / --", MemPerc: "--", NetIO: "--", BlockIO: "--", PIDs: "--" };
    return { Container: asked, ID: full ? asked : shortId(asked), Name: "--", ...none };
  }
  const id = sample.id ?? asked;
  const { usage, limit } = memory(sample);
  const networks = Object.values(sample.networks ?? {});
  return {
    Container: asked,
    ID: full ? id : shortId(id),
    Name: (sample.name ?? "").replace(/^\//, ""),
    CPUPerc: percent(cpuPercent(sample)),
    MemUsage: `${bytesSize(usage)} / ${bytesSize(limit)}`,
    MemPerc: percent(limit === 0 ? 0 : (usage / limit) * 100),
    NetIO: `${humanSizeShort(sum(networks.map((net) => net.rx_bytes)))} / ${humanSizeShort(sum(networks.map((net) => net.tx_bytes)))}`,
    BlockIO: `${humanSizeShort(blockBytes(sample, "read"))} / ${humanSizeShort(blockBytes(sample, "write"))}`,
    PIDs: String(sample.pids_stats.current ?? 0),
  };
}

/** Of one CPU: two that are busy are 200%. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || now.cpu_usage.percpu_usage?.length || 0;
  return used > 0 && passed > 0 ? (used / passed) * cpus * 100 : 0;
}

/** Without the file cache that the kernel would give back at once: cgroup v1 and v2 name it differently. */
function memory({ memory_stats: { usage = 0, limit = 0, stats = {} } }: ContainerStats): {
  usage: number;
  limit: number;
} {
  const cache = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  return { usage: cache < usage ? usage - cache : usage, limit };
}

function blockBytes({ blkio_stats: { io_service_bytes_recursive: entries } }: ContainerStats, op: string): number {
  return sum((entries ?? []).filter((entry) => entry.op.toLowerCase() === op).map((entry) => entry.value));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}
