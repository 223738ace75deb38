/**
 * The default profile's facts: which system calls a container may make, and why a rule is there. Everything that is not
 * named is refused with EPERM. The facts are those of Docker's default profile, so what runs there runs here.
 */
import type { SeccompRule } from "./rule.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const ENOSYS = 38;
const AF_ALG = 38;
const AF_VSOCK = 40;
/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}: the flags of clone(2) that make a namespace. */
const CLONE_NAMESPACES = 0x7e020000;

/** Harmless to the host whatever the arguments. */
// prettier-ignore
const ALWAYS: readonly string[] = [
  // Files and folders, by path
  "access", "chdir", "chmod", "chown", "chown32", "creat", "faccessat", "faccessat2", "fchmodat", "fchmodat2",
  "fchownat", "fstatat64", "futimesat", "getcwd", "lchown", "lchown32", "link", "linkat", "listmount", "lstat",
  "lstat64", "mkdir", "mkdirat", "mknod", "mknodat", "name_to_handle_at", "newfstatat", "open", "openat", "openat2",
  "readlink", "readlinkat", "rename", "renameat", "renameat2", "rmdir", "stat", "stat64", "statfs", "statfs64",
  "statmount", "statx", "symlink", "symlinkat", "truncate", "truncate64", "umask", "unlink", "unlinkat", "utime",
  "utimensat", "utimensat_time64", "utimes",
  // Extended attributes
  "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "getxattrat", "lgetxattr", "listxattr",
  "listxattrat", "llistxattr", "lremovexattr", "lsetxattr", "removexattr", "removexattrat", "setxattr", "setxattrat",
  // Open files
  "cachestat", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "fadvise64", "fadvise64_64",
  "fallocate", "fchdir", "fchmod", "fchown", "fchown32", "fcntl", "fcntl64", "fdatasync", "flock", "fstat",
  "fstat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "getdents", "getdents64", "ioctl",
  "_llseek", "lseek", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read",
  "readahead", "readv", "sendfile", "sendfile64", "splice", "sync", "sync_file_range", "syncfs", "tee", "vmsplice",
  "write", "writev",
  // Waiting for events
  "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait",
  "epoll_wait_old", "eventfd", "eventfd2", "fanotify_mark", "inotify_add_watch", "inotify_init", "inotify_init1",
  "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_pgetevents_time64", "io_setup",
  "io_submit", "_newselect", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "select", "signalfd",
  "signalfd4", "timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
  // Memory
  "brk", "madvise", "map_shadow_stack", "membarrier", "memfd_create", "memfd_secret", "mincore", "mlock", "mlock2",
  "mlockall", "mmap", "mmap2", "mprotect", "mremap", "mseal", "msync", "munlock", "munlockall", "munmap",
  "pkey_alloc", "pkey_free", "pkey_mprotect", "process_mrelease", "remap_file_pages",
  // Processes and threads
  "execve", "execveat", "exit", "exit_group", "fork", "futex", "futex_requeue", "futex_time64", "futex_wait",
  "futex_waitv", "futex_wake", "getcpu", "getpgid", "getpgrp", "getpid", "getppid", "get_robust_list", "getsid",
  "get_thread_area", "gettid", "pidfd_open", "pidfd_send_signal", "prctl", "restart_syscall", "riscv_hwprobe",
  "rseq", "setpgid", "set_robust_list", "setsid", "set_thread_area", "set_tid_address", "uretprobe", "vfork",
  "wait4", "waitid", "waitpid",
  // Identity and confinement
  "capget", "capset", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
  "getgroups32", "getresgid", "getresgid32", "getresuid", "getresuid32", "getuid", "getuid32", "landlock_add_rule",
  "landlock_create_ruleset", "landlock_restrict_self", "seccomp", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32",
  "setgid", "setgid32", "setgroups", "setgroups32", "setregid", "setregid32", "setresgid", "setresgid32",
  "setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32",
  // Signals
  "kill", "pause", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn",
  "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sigaltstack", "sigprocmask",
  "sigreturn", "tgkill", "tkill",
  // Scheduling and limits
  "getpriority", "getrlimit", "getrusage", "ioprio_get", "ioprio_set", "prlimit64", "sched_getaffinity",
  "sched_getattr", "sched_getparam", "sched_get_priority_max", "sched_get_priority_min", "sched_getscheduler",
  "sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
  "sched_setscheduler", "sched_yield", "setpriority", "setrlimit", "ugetrlimit",
  // Time
  "adjtimex", "alarm", "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64", "clock_gettime",
  "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "getitimer", "gettimeofday", "nanosleep",
  "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64",
  "timer_settime", "timer_settime64", "times",
  // System V and POSIX message passing
  "ipc", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend",
  "mq_timedsend_time64", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop",
  "semtimedop", "semtimedop_time64", "shmat", "shmctl", "shmdt", "shmget",
  // Sockets; `socket` itself is in SOCKETS
  "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recv", "recvfrom",
  "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
  "socketcall", "socketpair",
  // The system
  "getrandom", "sysinfo", "uname",
];

/** Before 4.8 ptrace could be used to get round a seccomp filter. */
const SINCE_4_8: SeccompRule = {
  names: ["process_vm_readv", "process_vm_writev", "ptrace"],
  action: ALLOW,
  includes: { minKernel: "4.8" },
};

/** All families but AF_ALG (kernel code nobody needs) and AF_VSOCK (reaches the host's hypervisor, whatever the namespace). */
const SOCKETS: readonly SeccompRule[] = [
  { names: ["socket"], action: ALLOW, args: [{ index: 0, value: AF_ALG, op: "SCMP_CMP_LT" }] },
  { names: ["socket"], action: ALLOW, args: [{ index: 0, value: AF_ALG + 1, op: "SCMP_CMP_EQ" }] },
  { names: ["socket"], action: ALLOW, args: [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_GT" }] },
];

/** PER_LINUX, PER_LINUX32, both with UNAME26, and the question what it is. */
const PERSONALITY: readonly SeccompRule[] = [0, 8, 0x20000, 0x20008, 0xffffffff].map((value) => ({
  names: ["personality"],
  action: ALLOW,
  args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
}));

/** New namespaces only with SYS_ADMIN. clone3 hides its flags from a filter: ENOSYS makes libc fall back to clone. */
const NAMESPACES: readonly SeccompRule[] = [
  {
    names: ["clone"],
    action: ALLOW,
    args: [{ index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
    excludes: { caps: ["CAP_SYS_ADMIN"], arches: ["s390", "s390x"] },
  },
  {
    names: ["clone"],
    action: ALLOW,
    args: [{ index: 1, value: CLONE_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
    includes: { arches: ["s390", "s390x"] },
    excludes: { caps: ["CAP_SYS_ADMIN"] },
  },
  { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS, excludes: { caps: ["CAP_SYS_ADMIN"] } },
];

/** Go's names of architectures → calls that only these have. */
const BY_ARCH: readonly (readonly [arches: readonly string[], names: readonly string[]])[] = [
  [["ppc64le"], ["sync_file_range2", "swapcontext"]],
  [
    ["arm", "arm64"],
    ["arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint", "cacheflush", "set_tls"],
  ],
  [["amd64", "x32"], ["arch_prctl"]],
  [["amd64", "x32", "x86"], ["modify_ldt"]],
  [
    ["s390", "s390x"],
    ["s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"],
  ],
  [["riscv64"], ["riscv_flush_icache"]],
];

/** What a capability is for is of no use without the calls that need it. */
// prettier-ignore
const BY_CAPABILITY: Readonly<Record<string, readonly string[]>> = {
  CAP_DAC_READ_SEARCH: ["open_by_handle_at"],
  CAP_SYS_ADMIN: [
    "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie",
    "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr", "mount", "mount_setattr", "move_mount", "open_tree",
    "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog", "umount", "umount2",
    "unshare",
  ],
  CAP_SYS_BOOT: ["reboot"],
  CAP_SYS_CHROOT: ["chroot"],
  CAP_SYS_MODULE: ["delete_module", "init_module", "finit_module"],
  CAP_SYS_PACCT: ["acct"],
  CAP_SYS_PTRACE: ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"],
  CAP_SYS_RAWIO: ["iopl", "ioperm"],
  CAP_SYS_TIME: ["settimeofday", "stime", "clock_settime", "clock_settime64"],
  CAP_SYS_TTY_CONFIG: ["vhangup"],
  CAP_SYS_NICE: ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"],
  CAP_SYSLOG: ["syslog"],
  CAP_BPF: ["bpf"],
  CAP_PERFMON: ["perf_event_open"],
};

export const DEFAULT_RULES: readonly SeccompRule[] = [
  { names: ALWAYS, action: ALLOW },
  SINCE_4_8,
  ...SOCKETS,
  ...PERSONALITY,
  ...BY_ARCH.map(([arches, names]): SeccompRule => ({ names, action: ALLOW, includes: { arches } })),
  ...Object.entries(BY_CAPABILITY).map(([capability, names]): SeccompRule => ({
    names,
    action: ALLOW,
    includes: { caps: [capability] },
  })),
  ...NAMESPACES,
];

/** Go's name of a native architecture → it and what else its processors run (libseccomp's names). */
export const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  mips64: ["SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64N32"],
  mipsel64: ["SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64N32"],
  s390x: ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"],
  riscv64: ["SCMP_ARCH_RISCV64"],
  loong64: ["SCMP_ARCH_LOONGARCH64"],
};
