import { defineCommand } from "../command.ts";
import { forEachObject } from "../each.ts";
import { CommandFailure } from "../exit.ts";
import { parseRestartPolicy } from "../flags/devices.ts";

/** Flags that are sent as they are, and the fields that they are. */
const FIELDS = {
  "blkio-weight": "BlkioWeight",
  "cpu-period": "CpuPeriod",
  "cpu-quota": "CpuQuota",
  "cpu-rt-period": "CpuRealtimePeriod",
  "cpu-rt-runtime": "CpuRealtimeRuntime",
  "cpu-shares": "CpuShares",
  "cpuset-cpus": "CpusetCpus",
  "cpuset-mems": "CpusetMems",
  memory: "Memory",
  "memory-reservation": "MemoryReservation",
  "memory-swap": "MemorySwap",
  "pids-limit": "PidsLimit",
} as const;

export const command = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  options: [
    { name: "blkio-weight", type: "int", help: "Block IO (relative weight), between 10 and 1000, or 0 to disable" },
    { name: "cpu-period", type: "int", help: "Limit CPU CFS (Completely Fair Scheduler) period" },
    { name: "cpu-quota", type: "int", help: "Limit CPU CFS (Completely Fair Scheduler) quota" },
    { name: "cpu-rt-period", type: "int", help: "Limit the CPU real-time period in microseconds" },
    { name: "cpu-rt-runtime", type: "int", help: "Limit the CPU real-time runtime in microseconds" },
    { name: "cpu-shares", short: "c", type: "int", help: "CPU shares (relative weight)" },
    { name: "cpus", type: "number", help: "Number of CPUs" },
    { name: "cpuset-cpus", type: "string", help: "CPUs in which to allow execution (0-3, 0,1)" },
    { name: "cpuset-mems", type: "string", help: "MEMs in which to allow execution (0-3, 0,1)" },
    { name: "memory", short: "m", type: "bytes", help: "Memory limit" },
    { name: "memory-reservation", type: "bytes", help: "Memory soft limit" },
    { name: "memory-swap", type: "bytes", help: "Swap limit equal to memory plus swap: -1 to enable unlimited swap" },
    { name: "pids-limit", type: "int", help: "Tune container pids limit (set -1 for unlimited)" },
    { name: "restart", type: "string", help: "Restart policy to apply when a container exits" },
  ],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const given: Record<string, unknown> = Object.fromEntries(
      Object.entries(FIELDS).flatMap(([flag, field]) => {
        const value = options[flag as keyof typeof FIELDS];
        return value === undefined ? [] : [[field, value]];
      }),
    );
    if (options.cpus !== undefined) given["NanoCpus"] = Math.round(options.cpus * 1e9);
    if (options.restart !== undefined) given["RestartPolicy"] = parseRestartPolicy(options.restart);
    if (Object.keys(given).length === 0)
      throw new CommandFailure("you must provide one or more flags when using this command");
    const engine = await context.engine();
    const warnings: string[] = [];
    await forEachObject(context, names, async (name) => {
      const answer = await engine.containers.update(name, given, context.signal);
      warnings.push(...(answer.Warnings ?? []));
    });
    if (warnings.length > 0) context.warn(`${warnings.join("\n")}\n`);
  },
});
