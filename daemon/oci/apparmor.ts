/** The name under which the default profile is loaded. */
export const DEFAULT_APPARMOR_PROFILE = "slipway-default";

/** No part of a profile's own text: what a label may hold without quotes. */
const PLAIN_LABEL = /^[\w.\-/+]+$/;

/**
 * Text of the default profile, for apparmor_parser (apparmor.d(5)): files, network and capabilities are open, since the
 * container's mounts, namespaces and capability sets bound them; the kernel's own knobs, mounts and other profiles'
 * processes are not.
 * @param daemonLabel label of the daemon's own confinement; it must be able to signal containers.
 */
export function apparmorProfile(daemonLabel: string, name = DEFAULT_APPARMOR_PROFILE): string {
  const daemon = PLAIN_LABEL.test(daemonLabel) ? daemonLabel : "unconfined";
  const peers = [...new Set(["unconfined", daemon, "runc", "crun"])];
  return `
#include <tunables/global>

profile ${name} flags=(attach_disconnected,mediate_deleted) {
  #include <abstractions/base>

  network,
  capability,
  file,
  umount,
  deny mount,

${peers.map((peer) => `  signal (receive) peer=${peer},`).join("\n")}
  signal (send, receive) peer=${name},
  ptrace (trace, read, tracedby, readby) peer=${name},

  # Of /proc only what belongs to a process, and /proc/sys/kernel/shm*, can be written.
  deny @{PROC}/* w,
  deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
  deny @{PROC}/sys/[^k]** w,
  deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny @{PROC}/sysrq-trigger rwklx,
  deny @{PROC}/kcore rwklx,

  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,
}
`.trimStart();
}
