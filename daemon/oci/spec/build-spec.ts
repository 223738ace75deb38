import { EngineError } from "../../base/errors.ts";
import type { OciLinux, OciProcess, OciSpec } from "../runtime-spec.ts";
import { cgroupsPath } from "./cgroups-path.ts";
import { buildConfinement, capabilitySets, type Confinement } from "./confinement.ts";
import { buildDevices } from "./devices.ts";
import type { NamespaceChoice, NamespaceInput, SpecInput } from "./input.ts";
import { buildMounts, INIT_TARGET, rootfsPropagation } from "./mounts.ts";
import { buildOomScore, buildRlimits } from "./process-limits.ts";
import { buildResources } from "./resources.ts";
import { buildSysctls } from "./sysctls.ts";

export interface BuiltSpec {
  readonly spec: OciSpec;
  /** What was asked for and cannot be had here, one sentence each; for the answer of create. */
  readonly warnings: readonly string[];
}

/**
 * config.json of one container, with Docker's defaults. Pure: the same input makes the same file, and what this daemon
 * cannot give (capabilities, ulimits, limits without a controller) is left out with a warning, so the container starts.
 * @throws EngineError InvalidParameter for what no host could do, NotImplemented for what we do not do.
 */
export function buildSpec(input: SpecInput): BuiltSpec {
  const { host, facts, namespaces } = input;
  const confinement = buildConfinement(host, facts);
  const limits = buildResources(host.resources, facts.limits);
  const { process, warnings } = buildProcess(input, confinement);
  const hostname = namespaces.uts === "new" && input.hostname !== "" ? { hostname: input.hostname } : {};
  const spec: OciSpec = {
    ociVersion: "1.0.2",
    process,
    root: { path: input.rootfs, readonly: host.readonlyRootfs },
    ...hostname,
    mounts: buildMounts({ ...host, ...input }),
    linux: buildLinux(input, confinement, limits.resources),
    ...(Object.keys(host.annotations).length > 0 && { annotations: host.annotations }),
  };
  return { spec, warnings: [...confinement.warnings, ...limits.warnings, ...warnings] };
}

function buildProcess(
  { process, host, facts, namespaces }: SpecInput,
  { capabilities, apparmorProfile, noNewPrivileges }: Confinement,
): { readonly process: OciProcess; readonly warnings: readonly string[] } {
  const { rlimits, warnings } = buildRlimits(host.ulimits, facts);
  const oomScore = buildOomScore(host.oomScoreAdj, facts);
  // Only the first process of a pid namespace has orphans to reap.
  const wantsInit = host.init && namespaces.pid === "new";
  if (wantsInit && facts.initPath === undefined)
    throw new EngineError("InvalidParameter", "no init binary was found: install docker-init or tini");
  const [rows, columns] = process.consoleSize ?? [0, 0];
  return {
    warnings: [...warnings, ...oomScore.warnings],
    process: {
      terminal: process.tty,
      ...(process.tty && rows > 0 && columns > 0 && { consoleSize: { height: rows, width: columns } }),
      user: { uid: process.uid, gid: process.gid, additionalGids: process.additionalGids },
      args: wantsInit ? [INIT_TARGET, "--", ...process.args] : process.args,
      env: process.env,
      cwd: process.cwd,
      capabilities: capabilitySets(capabilities, process.uid),
      ...(rlimits.length > 0 && { rlimits }),
      noNewPrivileges,
      ...(apparmorProfile !== undefined && { apparmorProfile }),
      ...(oomScore.oomScoreAdj !== undefined && { oomScoreAdj: oomScore.oomScoreAdj }),
    },
  };
}

function buildLinux(
  { id, host, facts, namespaces, domainname, mounts, devices, cgroup }: SpecInput,
  { seccomp, maskedPaths, readonlyPaths }: Confinement,
  limits: ReturnType<typeof buildResources>["resources"],
): OciLinux {
  const { nodes, rules } = buildDevices(devices, host.privileged, facts.hostDevices);
  const sysctl = buildSysctls(host.sysctls, domainname, namespaces, facts.userNamespace);
  const propagation = rootfsPropagation(mounts);
  return {
    namespaces: namespacesOf(namespaces),
    ...(nodes.length > 0 && { devices: nodes }),
    cgroupsPath: cgroupsPath(id, cgroup),
    resources: { devices: rules, ...limits },
    ...(seccomp && { seccomp }),
    ...(Object.keys(sysctl).length > 0 && { sysctl }),
    maskedPaths,
    readonlyPaths,
    ...(propagation !== undefined && { rootfsPropagation: propagation }),
  };
}

function namespacesOf({ network, ipc, pid, uts, cgroup }: NamespaceInput): OciLinux["namespaces"] {
  const choices: readonly (readonly [type: string, choice: NamespaceChoice])[] = [
    ["mount", "new"],
    ["network", network],
    ["uts", uts],
    ["pid", pid],
    ["ipc", ipc],
    ["cgroup", cgroup],
  ];
  return choices.flatMap(([type, choice]) => {
    if (choice === "host") return [];
    return choice === "new" ? [{ type }] : [{ type, path: choice.path }];
  });
}
