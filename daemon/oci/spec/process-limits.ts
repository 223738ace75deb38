import { EngineError } from "../../base/errors.ts";
import type { OciProcess } from "../runtime-spec.ts";
import type { HostInput, SpecFacts } from "./input.ts";

type Rlimit = NonNullable<OciProcess["rlimits"]>[number];

/** Lets a process raise its hard limits (setrlimit(2)). */
const RAISES = "CAP_SYS_RESOURCE";

// prettier-ignore
const NAMES: ReadonlySet<string> = new Set([
  "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
  "sigpending", "stack",
]);

export interface BuiltLimits {
  readonly rlimits: readonly Rlimit[];
  readonly warnings: readonly string[];
}

/**
 * Limits as setrlimit(2) will take them from this daemon: without CAP_SYS_RESOURCE a hard limit can only fall, so what is
 * above the daemon's own becomes the daemon's own, with a warning.
 * @throws EngineError InvalidParameter for a limit that is none, or a soft one above its hard one.
 */
export function buildRlimits(ulimits: HostInput["ulimits"], facts: SpecFacts): BuiltLimits {
  const warnings: string[] = [];
  const byName = new Map<string, Rlimit>();
  for (const { name, soft, hard } of ulimits) {
    const key = name.toLowerCase().replace(/^rlimit_/, "");
    if (!NAMES.has(key)) throw invalid(`invalid ulimit type: ${name}`);
    if (above(soft, hard))
      throw invalid(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
    const max = facts.capabilities.includes(RAISES) ? -1 : (facts.hardLimits[key] ?? -1);
    if (above(hard, max)) warnings.push(`ulimit ${key} is lowered to ${max}: the daemon may not raise its own limit`);
    byName.set(key, {
      type: `RLIMIT_${key.toUpperCase()}`,
      soft: above(soft, max) ? max : soft,
      hard: above(hard, max) ? max : hard,
    });
  }
  return { rlimits: [...byName.values()], warnings };
}

/** -1 is unlimited. */
function above(a: number, b: number): boolean {
  return b !== -1 && (a === -1 || a > b);
}

export interface BuiltOomScore {
  readonly oomScoreAdj?: number;
  readonly warnings: readonly string[];
}

/** A score below the daemon's own needs CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5)): left out, the daemon's is inherited. */
export function buildOomScore(oomScoreAdj: number, facts: SpecFacts): BuiltOomScore {
  if (oomScoreAdj < -1000 || oomScoreAdj > 1000)
    throw invalid(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  if (oomScoreAdj >= facts.oomScoreAdjMin) return { oomScoreAdj, warnings: [] };
  // 0 is what everybody has who asked for nothing.
  const asked = oomScoreAdj !== 0;
  return { warnings: asked ? [`oom-score-adj ${oomScoreAdj} is left out: the daemon may not go below its own`] : [] };
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
