/** RLIMIT_* of getrlimit(2), by number. */
// prettier-ignore
const RLIMITS = [
  "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE",
  "NICE", "RTPRIO", "RTTIME",
];

/** The number of `RLIMIT_NOFILE` and the like; undefined when there is none. */
export function rlimitNumber(type: string): number | undefined {
  const number = RLIMITS.indexOf(type.replace(/^RLIMIT_/, ""));
  return number < 0 ? undefined : number;
}
