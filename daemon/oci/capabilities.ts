import { EngineError } from "../base/errors.ts";

/** capabilities(7), in the order of their numbers (linux/capability.h). */
// prettier-ignore
export const CAPABILITIES = [
  "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
  "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
  "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
] as const;

/** What a container has when nobody says otherwise: Docker's fourteen. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

const KNOWN: ReadonlySet<string> = new Set(CAPABILITIES);
const ALL = "ALL";

export interface CapabilityRequest {
  /** Names in any case, with or without CAP_; `ALL` is all of them. */
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
  /** What the daemon's own bounding set holds: nothing beyond it can be given. */
  readonly available: readonly string[];
}

export interface ResolvedCapabilities {
  readonly granted: readonly string[];
  /** Asked for, or part of the default, but not the daemon's to give. */
  readonly lacking: readonly string[];
}

/**
 * Docker's rules: privileged is everything; `ALL` in `add` is everything but `drop`; `ALL` in `drop` is `add` alone;
 * otherwise the default without `drop` and with `add`, so that a name in both is granted.
 * @throws EngineError InvalidParameter `invalid CapAdd: unknown capability: "CAP_X"`, and the like for CapDrop.
 */
export function resolveCapabilities(request: CapabilityRequest): ResolvedCapabilities {
  const wanted = wantedOf(request);
  const available = new Set(request.available);
  const granted = [...wanted].filter((name) => available.has(name));
  // "Everything" means everything there is to give, so only names and defaults can be lacking.
  const named = new Set(request.privileged ? [] : [...normalise("CapAdd", request.add), ...DEFAULT_CAPABILITIES]);
  return { granted, lacking: [...wanted].filter((name) => !available.has(name) && named.has(name)) };
}

function wantedOf(request: CapabilityRequest): ReadonlySet<string> {
  const add = normalise("CapAdd", request.add);
  const drop = normalise("CapDrop", request.drop);
  if (request.privileged) return KNOWN;
  if (add.has(ALL)) return new Set(CAPABILITIES.filter((name) => !drop.has(name)));
  if (drop.has(ALL)) return add;
  return new Set([...DEFAULT_CAPABILITIES.filter((name) => !drop.has(name)), ...add]);
}

function normalise(field: "CapAdd" | "CapDrop", names: readonly string[]): ReadonlySet<string> {
  return new Set(
    names.map((name) => {
      const upper = name.toUpperCase();
      if (upper === ALL) return ALL;
      const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
      if (!KNOWN.has(full))
        throw new EngineError("InvalidParameter", `invalid ${field}: unknown capability: ${JSON.stringify(full)}`);
      return full;
    }),
  );
}

/** Names in a kernel's bit set, as the hexadecimal text of proc_pid_status(5) has it. */
export function capabilitiesOf(mask: bigint): readonly string[] {
  return CAPABILITIES.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}
