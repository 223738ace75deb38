import type { OciSeccomp } from "./runtime-spec.ts";
import { ARCHITECTURES, DEFAULT_RULES } from "./seccomp/default-rules.ts";
import { selectRules, type SeccompFacts } from "./seccomp/rule.ts";

export { resolveProfile } from "./seccomp/profile.ts";
export type { SeccompFacts } from "./seccomp/rule.ts";

const EPERM = 1;

/**
 * The default profile for one container. A call without a rule fails with EPERM (and one newer than every rule with ENOSYS,
 * which runc sees to).
 */
export function defaultSeccomp(facts: SeccompFacts): OciSeccomp {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: EPERM,
    architectures: ARCHITECTURES[facts.arch] ?? [],
    syscalls: selectRules(DEFAULT_RULES, facts),
  };
}
