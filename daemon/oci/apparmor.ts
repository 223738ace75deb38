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

  # What belongs to a process has a number for a name; every other folder of /proc is the kernel's own.
  deny @{PROC}/* wl,
  deny @{PROC}/[a-rt-zA-Z]*/** wl,
  deny @{PROC}/s[^y]*/** wl,
  # Of its settings those of System V shared memory are the container's: they belong to the ipc namespace.
  deny @{PROC}/sys/[a-jl-z]*/** wl,
  deny @{PROC}/sys/kernel/[^s]** wl,
  deny @{PROC}/sys/kernel/s[^h]** wl,
  deny @{PROC}/sys/kernel/sh[^m]** wl,
  deny @{PROC}/{kcore,sysrq-trigger} rwklx,

  # Of /sys only the container's own cgroups can be written.
  deny /sys/{block,bus,class,dev,devices,hypervisor,kernel,module,power}/** wklx,
  deny /sys/fs/[abd-z]*/** wklx,
  deny /sys/{firmware,devices/virtual/powercap,kernel/security}/** rwklx,
}
`.trimStart();
}
