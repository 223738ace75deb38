import type { BlkioEntry, ContainerCpuStats, ContainerStats } from "../../../../sdk/contract/index.ts";
import { NEVER } from "../../../base/time.ts";
import type { InterfaceCounters, StatsSample } from "../../../engine/services.ts";

const NO_CPU: ContainerCpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

const NO_IO = {
  io_service_bytes_recursive: null,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};

/** One sample, with the CPU of the one before it: clients make the percentage of the two. */
export function statsJson(sample: StatsSample, previous: StatsSample | undefined): ContainerStats {
  const { task } = sample;
  const networks = Object.entries(sample.networks);
  return {
    id: sample.id,
    name: `/${sample.name}`,
    read: sample.readAt,
    preread: previous?.readAt ?? NEVER,
    pids_stats: {
      current: task.pids.current,
      ...(task.pids.limit > 0 && { limit: task.pids.limit }),
    },
    blkio_stats: blkioJson(sample),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuJson(sample),
    precpu_stats: previous === undefined ? NO_CPU : cpuJson(previous),
    memory_stats: memoryJson(sample),
    ...(networks.length > 0 && {
      networks: Object.fromEntries(networks.map(([name, counters]) => [name, countersJson(counters)])),
    }),
  };
}

/** Of a container that does not run: who it is, and zeros. */
export function emptyStatsJson(id: string, name: string): ContainerStats {
  return {
    id,
    name: `/${name}`,
    read: NEVER,
    preread: NEVER,
    pids_stats: {},
    blkio_stats: NO_IO,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: NO_CPU,
    precpu_stats: NO_CPU,
    memory_stats: {},
  };
}

function cpuJson({ task, systemCpuNs, onlineCpus }: StatsSample): ContainerCpuStats {
  const { cpu, cgroupVersion } = task;
  return {
    cpu_usage: {
      total_usage: cpu.totalNs,
      ...(cgroupVersion === 1 && { percpu_usage: [...cpu.perCpuNs] }),
      usage_in_kernelmode: cpu.systemNs,
      usage_in_usermode: cpu.userNs,
    },
    system_cpu_usage: systemCpuNs,
    online_cpus: onlineCpus,
    throttling_data: {
      periods: cpu.periods,
      throttled_periods: cpu.throttledPeriods,
      throttled_time: cpu.throttledNs,
    },
  };
}

function memoryJson({ task, memoryLimit }: StatsSample): ContainerStats["memory_stats"] {
  const { memory, cgroupVersion } = task;
  return {
    usage: memory.usage,
    ...(cgroupVersion === 1 && { max_usage: memory.maxUsage }),
    stats: memory.stats,
    ...(memory.failcnt > 0 && { failcnt: memory.failcnt }),
    limit: memoryLimit,
  };
}

/** Cgroup v2 has the bytes only; v1's other figures come empty. */
function blkioJson({ task }: StatsSample): ContainerStats["blkio_stats"] {
  const bytes: BlkioEntry[] = task.io.map(({ major, minor, op, bytes: value }) => ({ major, minor, op, value }));
  if (task.cgroupVersion === 2) return { ...NO_IO, io_service_bytes_recursive: bytes.length > 0 ? bytes : null };
  const empty = Object.fromEntries(Object.keys(NO_IO).map((name) => [name, []])) as unknown as Record<
    keyof typeof NO_IO,
    BlkioEntry[]
  >;
  return { ...empty, io_service_bytes_recursive: bytes };
}

function countersJson(counters: InterfaceCounters): NonNullable<ContainerStats["networks"]>[string] {
  return {
    rx_bytes: counters.rxBytes,
    rx_packets: counters.rxPackets,
    rx_errors: counters.rxErrors,
    rx_dropped: counters.rxDropped,
    tx_bytes: counters.txBytes,
    tx_packets: counters.txPackets,
    tx_errors: counters.txErrors,
    tx_dropped: counters.txDropped,
  };
}
