/** The numbers of the shim's protocol; shim/PROTOCOL.md explains them and shim/shim.h holds the other copy. */
export const Kind = {
  hello: 1,
  config: 2,
  start: 3,
  attach: 4,
  exec: 5,
  kill: 6,
  resize: 7,
  forget: 8,
  delete: 9,
  ok: 64,
  error: 65,
  exited: 96,
  execExited: 97,
  logLost: 98,
  execState: 99,
} as const;

export const Tag = {
  id: 1,
  flags: 2,
  arg: 3,
  env: 4,
  cwd: 5,
  uid: 6,
  gid: 7,
  group: 8,
  caps: 9,
  seccomp: 10,
  apparmor: 11,
  cgroup: 12,
  rlimit: 13,
  oomScore: 14,
  size: 15,
  logPath: 16,
  logSize: 17,
  logFiles: 18,
  oomFile: 19,
  killFile: 20,
  signal: 21,
  pid: 22,
  code: 23,
  time: 24,
  errno: 25,
  stage: 26,
  phase: 27,
  version: 28,
} as const;

export const Flag = { stdin: 1, stdout: 2, stderr: 4, tty: 8, stdinOnce: 16, noNewPrivileges: 32, oom: 64 } as const;

export const Phase = { created: 0, starting: 1, running: 2, over: 3, failed: 4 } as const;

/** Where a start failed, in the order of the numbers 1, 2, …. */
export const STAGES = [
  "request",
  "fork",
  "runc",
  "cgroup",
  "namespace",
  "tty",
  "stdio",
  "rlimit",
  "oom-score",
  "apparmor",
  "keyring",
  "no-new-privileges",
  "seccomp",
  "capabilities",
  "user",
  "cwd",
  "cwd-outside",
  "lookup",
  "exec",
] as const;
export type Stage = (typeof STAGES)[number];
