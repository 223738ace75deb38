import { Type, type Static } from "@sinclair/typebox";
import { OrNull } from "./common.ts";

const Count = Type.Number({ minimum: 0 });

/** Nanoseconds since the container's start. */
export const ContainerCpuUsage = Type.Object({
  total_usage: Count,
  /** Cgroup v1 only. */
  percpu_usage: Type.Optional(OrNull(Type.Array(Count))),
  usage_in_kernelmode: Count,
  usage_in_usermode: Count,
});
export type ContainerCpuUsage = Static<typeof ContainerCpuUsage>;

export const ContainerCpuStats = Type.Object({
  cpu_usage: ContainerCpuUsage,
  /** Nanoseconds of all CPUs of the host; absent in the first sample's `precpu_stats`. */
  system_cpu_usage: Type.Optional(Count),
  online_cpus: Type.Optional(Count),
  throttling_data: Type.Object({ periods: Count, throttled_periods: Count, throttled_time: Count }),
});
export type ContainerCpuStats = Static<typeof ContainerCpuStats>;

/** Bytes. Empty when the container does not run. */
export const ContainerMemoryStats = Type.Object({
  usage: Type.Optional(Count),
  /** Cgroup v1 only, like `failcnt`. */
  max_usage: Type.Optional(Count),
  /** Lines of memory.stat. */
  stats: Type.Optional(Type.Record(Type.String(), Count)),
  failcnt: Type.Optional(Count),
  /** The host's memory where the container has no limit. */
  limit: Type.Optional(Count),
});
export type ContainerMemoryStats = Static<typeof ContainerMemoryStats>;

export const BlkioEntry = Type.Object({ major: Count, minor: Count, op: Type.String(), value: Count });
export type BlkioEntry = Static<typeof BlkioEntry>;

const Entries = OrNull(Type.Array(BlkioEntry));

export const ContainerBlkioStats = Type.Object({
  /** Bytes. */
  io_service_bytes_recursive: Entries,
  io_serviced_recursive: Entries,
  io_queue_recursive: Entries,
  io_service_time_recursive: Entries,
  io_wait_time_recursive: Entries,
  io_merged_recursive: Entries,
  io_time_recursive: Entries,
  sectors_recursive: Entries,
});
export type ContainerBlkioStats = Static<typeof ContainerBlkioStats>;

export const ContainerNetworkStats = Type.Object({
  rx_bytes: Count,
  rx_packets: Count,
  rx_errors: Count,
  rx_dropped: Count,
  tx_bytes: Count,
  tx_packets: Count,
  tx_errors: Count,
  tx_dropped: Count,
});
export type ContainerNetworkStats = Static<typeof ContainerNetworkStats>;

/** One sample of `GET /containers/{id}/stats`; `precpu_stats` is the CPU of the sample before it. */
export const ContainerStats = Type.Object({
  id: Type.Optional(Type.String()),
  /** With its slash. */
  name: Type.Optional(Type.String()),
  /** RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` when there is none. */
  read: Type.String(),
  preread: Type.String(),
  pids_stats: Type.Object({ current: Type.Optional(Count), limit: Type.Optional(Count) }),
  blkio_stats: ContainerBlkioStats,
  num_procs: Count,
  storage_stats: Type.Object({}),
  cpu_stats: ContainerCpuStats,
  precpu_stats: ContainerCpuStats,
  memory_stats: ContainerMemoryStats,
  /** By the name of the interface in the container. */
  networks: Type.Optional(Type.Record(Type.String(), ContainerNetworkStats)),
});
export type ContainerStats = Static<typeof ContainerStats>;
