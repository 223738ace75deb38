import { EngineError } from "../../base/errors.ts";
import type { OciCapabilities, OciSeccomp } from "../runtime-spec.ts";
import { resolveCapabilities } from "../capabilities.ts";
import { defaultSeccomp, resolveProfile } from "../seccomp.ts";
import type { HostInput, SpecFacts } from "./input.ts";
import { maskedPaths, READONLY_PATHS } from "./masked-paths.ts";
import { parseSecurityOptions, type SecurityOptions } from "./security-options.ts";

/** What keeps a process in its container, beside the namespaces. An exec gets the same, unless it is privileged. */
export interface Confinement {
  readonly capabilities: readonly string[];
  readonly seccomp?: OciSeccomp;
  readonly apparmorProfile?: string;
  readonly noNewPrivileges: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws EngineError InvalidParameter for an unknown capability, option or profile. */
export function buildConfinement(host: HostInput, facts: SpecFacts): Confinement {
  const { capAdd, capDrop, privileged } = host;
  const options = parseSecurityOptions(host.securityOpt);
  const resolved = resolveCapabilities({
    add: capAdd,
    drop: capDrop,
    privileged,
    available: facts.capabilities,
  });
  const warnings = resolved.lacking.map((name) => `capability ${name} is left out: the daemon itself lacks it`);
  if (options.labels.some((label) => label !== "disable") && !facts.selinux)
    warnings.push("security option label is left out: SELinux is not enabled on this host");
  const open = privileged || options.systemPathsUnconfined;
  const apparmorProfile = chooseApparmor(options, privileged, facts);
  const seccomp = chooseSeccomp(options, privileged, facts, resolved.granted, warnings);
  return {
    capabilities: resolved.granted,
    ...(seccomp && { seccomp }),
    ...(apparmorProfile !== undefined && { apparmorProfile }),
    noNewPrivileges: options.noNewPrivileges,
    maskedPaths: open ? [] : (host.maskedPaths ?? maskedPaths(facts.thermalThrottlePaths)),
    readonlyPaths: open ? [] : (host.readonlyPaths ?? READONLY_PATHS),
    warnings,
  };
}

/** A privileged container has no filter, unless a profile was named. */
function chooseSeccomp(
  { seccomp }: SecurityOptions,
  privileged: boolean,
  facts: SpecFacts,
  capabilities: readonly string[],
  warnings: string[],
): OciSeccomp | undefined {
  if (seccomp === "unconfined" || (privileged && seccomp === undefined)) return undefined;
  if (!facts.seccomp) {
    if (seccomp !== undefined)
      throw new EngineError(
        "InvalidParameter",
        "seccomp is not enabled in your kernel, cannot run a custom seccomp profile",
      );
    warnings.push("seccomp is not enabled in your kernel: the container runs without the default seccomp profile");
    return undefined;
  }
  const about = { capabilities, arch: facts.arch, kernel: facts.kernel };
  return seccomp === undefined ? defaultSeccomp(about) : resolveProfile(seccomp, about);
}

function chooseApparmor(options: SecurityOptions, privileged: boolean, facts: SpecFacts): string | undefined {
  if (facts.apparmorProfile === undefined) {
    if (options.apparmor !== undefined && options.apparmor !== "unconfined")
      throw new EngineError(
        "InvalidParameter",
        "AppArmor is not enabled on this host: security option apparmor cannot be honoured",
      );
    return undefined;
  }
  return options.apparmor ?? (privileged ? "unconfined" : facts.apparmorProfile);
}

/** Bounding always; what a user other than root would lose at execve is not given in the first place (capabilities(7)). */
export function capabilitySets(granted: readonly string[], uid: number): OciCapabilities {
  const held = uid === 0 ? granted : [];
  // Never inheritable: a file with inheritable capabilities would hand them to users that dropped theirs (CVE-2022-24769).
  return { bounding: granted, effective: held, permitted: held };
}
