import { EngineError } from "../../base/errors.ts";
import type { OciResources } from "../runtime-spec.ts";
import type { LimitFacts, ResourceInput } from "./input.ts";

/** Microseconds: the kernel's own default for cpu.cfs_period_us. */
const CPU_PERIOD = 100_000;
/** Bytes. Docker refuses less, since not even runc's init lives in it. */
const MEMORY_MIN = 6 * 1024 * 1024;

export interface BuiltResources {
  readonly resources: Omit<OciResources, "devices">;
  readonly warnings: readonly string[];
}

/** The limits that this host can hold; the others are left out, each with Docker's warning. */
export function buildResources(input: ResourceInput, limits: LimitFacts): BuiltResources {
  checkLimits(input);
  const warnings: string[] = [];
  const memory = buildMemory(input, limits, warnings);
  const cpu = buildCpu(input, limits, warnings);
  const pids = buildPids(input, limits, warnings);
  return {
    resources: { ...(memory && { memory }), ...(cpu && { cpu }), ...(pids && { pids }) },
    warnings,
  };
}

/** @throws EngineError InvalidParameter, with Docker's words, for limits that contradict each other. */
export function checkLimits(input: ResourceInput): void {
  const { memory, memorySwap, memoryReservation, nanoCpus, cpuPeriod, cpuQuota } = input;
  if (memory > 0 && memory < MEMORY_MIN) throw invalid("Minimum memory limit allowed is 6MB");
  if (memory > 0 && memorySwap > 0 && memorySwap < memory)
    throw invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
  if (memory === 0 && memorySwap > 0)
    throw invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
  if (memoryReservation > 0 && memoryReservation < MEMORY_MIN)
    throw invalid("Minimum memory reservation allowed is 6MB");
  if (memory > 0 && memory < memoryReservation)
    throw invalid("Minimum memory limit can not be less than memory reservation limit, see usage");
  if (nanoCpus > 0 && (cpuPeriod > 0 || cpuQuota > 0))
    throw invalid("Conflicting options: Nano CPUs and CPU Period or Quota cannot both be set");
  if (nanoCpus < 0) throw invalid("NanoCpus must not be negative");
  if (cpuPeriod !== 0 && (cpuPeriod < 1_000 || cpuPeriod > 1_000_000))
    throw invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  if (cpuQuota > 0 && cpuQuota < 1_000) throw invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
}

function buildMemory(input: ResourceInput, limits: LimitFacts, warnings: string[]): OciResources["memory"] | undefined {
  const { memory, memoryReservation, memorySwap, oomKillDisable } = input;
  if (memory <= 0 && memoryReservation <= 0 && !oomKillDisable && memorySwap === 0) return undefined;
  if (!limits.memory) {
    warnings.push(
      "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
    );
    return undefined;
  }
  const built: { -readonly [K in keyof NonNullable<OciResources["memory"]>]: NonNullable<OciResources["memory"]>[K] } =
    {};
  if (memory > 0) built.limit = memory;
  if (memoryReservation > 0) built.reservation = memoryReservation;
  if (memory > 0 || memorySwap === -1) {
    // Docker's default: as much swap again as there is memory.
    if (limits.swap) built.swap = memorySwap === 0 ? memory * 2 : memorySwap;
    else if (memorySwap !== -1)
      warnings.push(
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
      );
  }
  if (oomKillDisable && limits.oomKillDisable) built.disableOOMKiller = true;
  else if (oomKillDisable) warnings.push("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
  return Object.keys(built).length === 0 ? undefined : built;
}

function buildCpu(input: ResourceInput, limits: LimitFacts, warnings: string[]): OciResources["cpu"] | undefined {
  const { cpuShares, cpusetCpus, cpusetMems } = input;
  const { period, quota } = bandwidth(input);
  const wanted: readonly (readonly [wanted: boolean, can: boolean, values: OciResources["cpu"], warning: string])[] = [
    [
      cpuShares > 0,
      limits.cpuShares,
      { shares: cpuShares },
      "CPU shares or the cgroup is not mounted. Shares discarded.",
    ],
    [
      period > 0 || quota !== 0,
      limits.cpuCfs,
      { ...(period > 0 && { period }), ...(quota !== 0 && { quota }) },
      "CPU CFS scheduler or the cgroup is not mounted. Quota discarded.",
    ],
    [
      cpusetCpus !== "" || cpusetMems !== "",
      limits.cpuSet,
      { ...(cpusetCpus !== "" && { cpus: cpusetCpus }), ...(cpusetMems !== "" && { mems: cpusetMems }) },
      "cpuset or the cgroup is not mounted. Cpuset discarded.",
    ],
  ];
  let built: OciResources["cpu"];
  for (const [isWanted, can, values, warning] of wanted) {
    if (!isWanted) continue;
    if (can) built = { ...built, ...values };
    else warnings.push(`Your kernel does not support ${warning}`);
  }
  return built;
}

/** `--cpus` is a quota within the default period. Microseconds. */
function bandwidth({ nanoCpus, cpuPeriod, cpuQuota }: ResourceInput): {
  readonly period: number;
  readonly quota: number;
} {
  if (nanoCpus <= 0) return { period: cpuPeriod, quota: cpuQuota };
  return { period: CPU_PERIOD, quota: Math.floor((nanoCpus * CPU_PERIOD) / 1e9) };
}

function buildPids({ pidsLimit }: ResourceInput, limits: LimitFacts, warnings: string[]): OciResources["pids"] {
  if (pidsLimit === 0) return undefined;
  if (limits.pids) return { limit: pidsLimit < 0 ? -1 : pidsLimit };
  if (pidsLimit > 0)
    warnings.push(
      "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.",
    );
  return undefined;
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
