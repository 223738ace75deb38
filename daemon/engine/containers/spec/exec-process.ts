import { EngineError } from "../../../base/errors.ts";
import type { OciSeccomp } from "../../../oci/runtime-spec.ts";
import { buildConfinement } from "../../../oci/spec/confinement.ts";
import type { HostInput, SpecFacts } from "../../../oci/spec/input.ts";
import { buildOomScore, buildRlimits } from "../../../oci/spec/process-limits.ts";
import type { ExecProcess } from "../../../runtime/runtime.ts";
import type { Container } from "../../model/container.ts";
import type { ExecRecord } from "../../services.ts";
import { mergeEnv, processEnv } from "../resolve-process.ts";
import { userIn } from "./user-files.ts";

export interface ExecInput {
  readonly container: Container;
  readonly exec: ExecRecord;
  readonly options: { readonly detach: boolean; readonly consoleSize?: readonly [number, number] };
  readonly facts: SpecFacts;
  readonly host: HostInput;
  readonly hostname: string;
  readonly linkVariables: readonly string[];
  readonly seccompFilter: (profile: OciSeccomp) => Promise<Uint8Array | undefined>;
}

/**
 * A process beside the container's own, confined as that one is; a privileged one has every capability and no AppArmor
 * profile, and the container's seccomp filter still, as runc has it.
 */
export async function execProcess(input: ExecInput): Promise<ExecProcess> {
  const { container, exec, options, facts, host, hostname, linkVariables } = input;
  const { spec } = exec;
  const { process, state } = container;
  if (state.status !== "running") throw new EngineError("Conflict", `container ${container.id} is not running`);
  // By its own root: what is mounted over /etc/passwd is seen as its processes see it.
  const user = userIn(`/proc/${state.pid}/root`, spec.user || process.user, container.spec.host.groupAdd);
  const confinement = buildConfinement(host, facts);
  const { rlimits } = buildRlimits(host.ulimits, facts);
  const { oomScoreAdj } = buildOomScore(host.oomScoreAdj, facts);
  const seccompFilter = await filterOf(confinement.seccomp, input);
  const consoleSize = options.consoleSize ?? spec.consoleSize;
  const apparmorProfile =
    spec.privileged && facts.apparmorProfile !== undefined ? "unconfined" : confinement.apparmorProfile;
  return {
    id: exec.id,
    args: spec.cmd,
    env: mergeEnv(processEnv(process, hostname, spec.tty, user.home, linkVariables), spec.env),
    cwd: spec.workingDir || process.cwd,
    uid: user.uid,
    gid: user.gid,
    additionalGids: user.additionalGids,
    tty: spec.tty,
    ...(consoleSize !== undefined && { consoleSize }),
    stdin: spec.attachStdin,
    capabilities: spec.privileged ? facts.capabilities : confinement.capabilities,
    noNewPrivileges: confinement.noNewPrivileges,
    ...(apparmorProfile !== undefined && { apparmorProfile }),
    ...(seccompFilter && { seccompFilter }),
    ...(rlimits.length > 0 && { rlimits }),
    ...(oomScoreAdj !== undefined && { oomScoreAdj }),
    ...(!options.detach && {
      attach: { stdin: spec.attachStdin, stdout: spec.attachStdout, stderr: spec.attachStderr },
    }),
  };
}

/** @throws EngineError NotImplemented rather than run a process without the filter that its container has. */
async function filterOf(
  profile: OciSeccomp | undefined,
  { seccompFilter }: ExecInput,
): Promise<Uint8Array | undefined> {
  if (profile === undefined) return undefined;
  const filter = await seccompFilter(profile);
  if (filter === undefined)
    throw new EngineError(
      "NotImplemented",
      "exec in a container with this seccomp profile is not supported: libseccomp (package libseccomp2) is missing, or the profile needs a listener",
    );
  return filter;
}
