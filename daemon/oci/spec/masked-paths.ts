/** What the kernel shows below /proc and /sys that is not for a container: hidden, since reading it tells about the host. */
const MASKED = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  // RAPL: power figures give other processes' secrets away (CVE-2020-8694).
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];

/** Of all namespaces at once: writing there would change the host. */
export const READONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** @param thermalThrottlePaths one a CPU, where the kernel has them; with them goes the timing of the host's load. */
export function maskedPaths(thermalThrottlePaths: readonly string[]): readonly string[] {
  return [...MASKED, ...thermalThrottlePaths];
}
