import { EngineError } from "../base/errors.ts";
import { CAPABILITIES } from "../base/linux-capabilities.ts";

export { CAPABILITIES };

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
