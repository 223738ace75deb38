import type { OciSyscall } from "../runtime-spec.ts";

/** A rule as Docker's profiles have it: an OCI rule with the conditions under which it counts. */
export interface SeccompRule extends OciSyscall {
  /** All must hold. */
  readonly includes?: RuleCondition;
  /** None may hold. */
  readonly excludes?: RuleCondition;
}

export interface RuleCondition {
  readonly caps?: readonly string[];
  /** Go's names, and x86, x32. */
  readonly arches?: readonly string[];
  /** `major.minor`; holds from this version on. */
  readonly minKernel?: string;
}

export interface SeccompFacts {
  /** The container's bounding set. */
  readonly capabilities: readonly string[];
  /** Go's name of the native architecture. */
  readonly arch: string;
  /** As uname(2) gives it: `6.18.44-x`. */
  readonly kernel: string;
}

/** The rules that count for one container, without their conditions: runc knows none. */
export function selectRules(rules: readonly SeccompRule[], facts: SeccompFacts): readonly OciSyscall[] {
  return rules
    .filter((rule) => included(rule.includes, facts) && !excluded(rule.excludes, facts))
    .map(({ includes: _i, excludes: _e, ...rule }) => rule);
}

function included(condition: RuleCondition | undefined, facts: SeccompFacts): boolean {
  const { caps = [], arches = [], minKernel } = condition ?? {};
  if (arches.length > 0 && !arches.includes(facts.arch)) return false;
  if (!caps.every((cap) => facts.capabilities.includes(cap))) return false;
  return minKernel === undefined || isAtLeast(facts.kernel, minKernel);
}

function excluded(condition: RuleCondition | undefined, facts: SeccompFacts): boolean {
  const { caps = [], arches = [], minKernel } = condition ?? {};
  if (arches.includes(facts.arch)) return true;
  if (caps.some((cap) => facts.capabilities.includes(cap))) return true;
  return minKernel !== undefined && isAtLeast(facts.kernel, minKernel);
}

/** Compares `major.minor` of two kernel versions. */
export function isAtLeast(kernel: string, minimum: string): boolean {
  const [major = 0, minor = 0] = numbersOf(kernel);
  const [needMajor = 0, needMinor = 0] = numbersOf(minimum);
  return major > needMajor || (major === needMajor && minor >= needMinor);
}

function numbersOf(version: string): readonly number[] {
  return /^(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
}
