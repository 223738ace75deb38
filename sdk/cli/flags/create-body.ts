import type { ContainerCreateBody, HostConfig } from "../../contract/index.ts";
import { CommandFailure, EXIT } from "../exit.ts";
import type { OptionValues } from "../options.ts";
import type { CREATE_OPTIONS } from "./create-options.ts";
import {
  parseDevice,
  parseGpus,
  parseRestartPolicy,
  parseThrottle,
  parseUlimit,
  parseWeightDevice,
} from "./devices.ts";
import { environment, keyValues, labels, readText } from "./key-values.ts";
import { parseMount, parseVolumeFlags } from "./mounts.ts";
import { endpointsOf } from "./networks.ts";
import { parsePorts } from "./ports.ts";

export type CreateOptions = OptionValues<typeof CREATE_OPTIONS>;

/** Where relative paths and variables without a value come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/**
 * The body of `POST /containers/create` for a command line, byte for byte what docker's client sends but for the fields that it sends
 * empty. `attach` are the streams to attach, in lower case.
 * @throws CommandFailure 125 in docker's words.
 */
export function createBody(
  options: CreateOptions,
  image: string,
  command: readonly string[],
  attach: ReadonlySet<string>,
  from: Surroundings,
): ContainerCreateBody {
  try {
    return assemble(options, image, command, attach, from);
  } catch (cause) {
    throw new CommandFailure((cause as Error).message, EXIT.usage, { cause });
  }
}

function assemble(
  options: CreateOptions,
  image: string,
  command: readonly string[],
  attach: ReadonlySet<string>,
  from: Surroundings,
): ContainerCreateBody {
  refuseContradictions(options);
  refuseBadModes(options);
  const ports = parsePorts(options.publish, options.expose);
  const volumes = parseVolumeFlags(options.volume, from.folder);
  const interactive = options.interactive ?? false;
  const stdin = attach.has("stdin");
  return omitEmpty({
    Image: image,
    Cmd: command.length > 0 ? [...command] : undefined,
    // `--entrypoint ""` takes the image's away: an empty list would leave it.
    Entrypoint: options.entrypoint === undefined ? undefined : [options.entrypoint],
    Hostname: options.hostname,
    Domainname: options.domainname,
    User: options.user,
    WorkingDir: options.workdir,
    Env: environment(options["env-file"], options.env, from.env),
    Labels: labels(options["label-file"], options.label),
    Tty: options.tty ?? false,
    OpenStdin: interactive,
    StdinOnce: interactive && stdin,
    AttachStdin: stdin,
    AttachStdout: attach.has("stdout"),
    AttachStderr: attach.has("stderr"),
    ExposedPorts: ports.exposed,
    Volumes: volumes.anonymous,
    StopSignal: options["stop-signal"],
    StopTimeout: options["stop-timeout"],
    Healthcheck: healthcheck(options),
    HostConfig: hostConfig(options, ports.bindings, volumes.binds, from),
    NetworkingConfig: endpointsOf(options),
  });
}

function refuseContradictions(options: CreateOptions): void {
  const restart = parseRestartPolicy(options.restart);
  if (options.rm && restart.Name !== "no")
    throw new Error("conflicting options: cannot specify both --restart and --rm");
  const health =
    options["health-cmd"] !== undefined ||
    options["health-interval"] !== undefined ||
    options["health-retries"] !== undefined ||
    options["health-timeout"] !== undefined;
  if (options["no-healthcheck"] && health) throw new Error("--no-healthcheck conflicts with --health-* options");
  const swappiness = options["memory-swappiness"];
  if (swappiness !== undefined && (swappiness < -1 || swappiness > 100))
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
}

/** Modes that are one word of a few, or another container's. */
function refuseBadModes(options: CreateOptions): void {
  const isOneOf = (value: string | undefined, words: readonly string[]): boolean =>
    value === undefined || value === "" || words.includes(value);
  if (!isOneOf(options.pid, ["host"]) && !/^container:./.test(options.pid!)) throw new Error("--pid: invalid PID mode");
  if (!isOneOf(options.uts, ["host"])) throw new Error("--uts: invalid UTS mode");
  if (!isOneOf(options.userns, ["host"])) throw new Error("--userns: invalid USER mode");
  if (!isOneOf(options.cgroupns, ["private", "host"])) throw new Error("--cgroupns: invalid CGROUP mode");
  for (const name of [
    "health-interval",
    "health-timeout",
    "health-retries",
    "health-start-period",
    "health-start-interval",
  ] as const)
    if ((options[name] ?? 0) < 0) throw new Error(`--${name} cannot be negative`);
  if (options["storage-opt"].some((text) => !text.includes("="))) throw new Error("invalid storage option");
}

function hostConfig(
  options: CreateOptions,
  PortBindings: Record<string, readonly unknown[]>,
  Binds: string[],
  from: Surroundings,
): HostConfig {
  const networks = [...options.network, ...options.net];
  const config = omitEmpty({
    Binds,
    Mounts: options.mount.map((text) => parseMount(text, from.folder)),
    PortBindings,
    PublishAllPorts: options["publish-all"],
    NetworkMode: networks.length === 0 ? "default" : networkName(networks[0]!),
    AutoRemove: options.rm ?? false,
    RestartPolicy: parseRestartPolicy(options.restart),
    Privileged: options.privileged,
    ReadonlyRootfs: options["read-only"],
    Init: options.init,
    CapAdd: capabilities(options["cap-add"]),
    CapDrop: capabilities(options["cap-drop"]),
    SecurityOpt: options["security-opt"].filter((text) => text !== OPEN_PATHS).map(securityOption),
    DeviceRequests: options.gpus === undefined ? undefined : [parseGpus(options.gpus)],
    GroupAdd: options["group-add"],
    Dns: options.dns,
    DnsOptions: [...options["dns-option"], ...options["dns-opt"]],
    DnsSearch: options["dns-search"],
    ExtraHosts: options["add-host"].map((text) => text.replace(/^([^:=]+)[:=]/, "$1:")),
    Links: options.link,
    VolumesFrom: options["volumes-from"],
    VolumeDriver: options["volume-driver"],
    Tmpfs: Object.fromEntries(options.tmpfs.map((text) => splitOnce(text, ":"))),
    IpcMode: options.ipc,
    PidMode: options.pid,
    UTSMode: options.uts,
    UsernsMode: options.userns,
    CgroupnsMode: options.cgroupns,
    CgroupParent: options["cgroup-parent"],
    Runtime: options.runtime,
    Isolation: options.isolation,
    ShmSize: options["shm-size"],
    OomScoreAdj: options["oom-score-adj"],
    Sysctls: keyValues(options.sysctl),
    Annotations: keyValues(options.annotation),
    StorageOpt: keyValues(options["storage-opt"]),
    LogConfig: logConfig(options),
    ContainerIDFile: options.cidfile,
    ...resources(options),
  }) as HostConfig;
  return options["security-opt"].includes(OPEN_PATHS) ? { ...config, MaskedPaths: [], ReadonlyPaths: [] } : config;
}

function resources(options: CreateOptions): Record<string, unknown> {
  return {
    Memory: options.memory,
    MemoryReservation: options["memory-reservation"],
    MemorySwap: options["memory-swap"],
    MemorySwappiness: options["memory-swappiness"],
    OomKillDisable: options["oom-kill-disable"],
    NanoCpus: options.cpus === undefined ? undefined : Math.round(options.cpus * 1e9),
    CpuShares: options["cpu-shares"],
    CpuPeriod: options["cpu-period"],
    CpuQuota: options["cpu-quota"],
    CpuRealtimePeriod: options["cpu-rt-period"],
    CpuRealtimeRuntime: options["cpu-rt-runtime"],
    CpusetCpus: options["cpuset-cpus"],
    CpusetMems: options["cpuset-mems"],
    PidsLimit: options["pids-limit"],
    BlkioWeight: options["blkio-weight"],
    BlkioWeightDevice: options["blkio-weight-device"].map(parseWeightDevice),
    BlkioDeviceReadBps: options["device-read-bps"].map((text) => parseThrottle(text, "bytes")),
    BlkioDeviceWriteBps: options["device-write-bps"].map((text) => parseThrottle(text, "bytes")),
    BlkioDeviceReadIOps: options["device-read-iops"].map((text) => parseThrottle(text, "count")),
    BlkioDeviceWriteIOps: options["device-write-iops"].map((text) => parseThrottle(text, "count")),
    Devices: options.device.map(parseDevice),
    DeviceCgroupRules: options["device-cgroup-rule"],
    Ulimits: options.ulimit.map(parseUlimit),
  };
}

/** Not an option of the engine: it stands for two lists that are there and empty. */
const OPEN_PATHS = "systempaths=unconfined";

/** `seccomp=FILE` sends the file's text, for the engine may not see our files. The rest goes as it is. */
function securityOption(text: string): string {
  if (!/[=:]/.test(text) && text !== "no-new-privileges")
    throw new Error(`Invalid --security-opt: ${JSON.stringify(text)}`);
  const [name, value] = splitOnce(text, "=");
  if (name !== "seccomp" || value === "unconfined" || value === "builtin" || value === "") return text;
  let profile: string;
  try {
    profile = readText(value);
  } catch (cause) {
    throw new Error(`opening seccomp profile (${value}) failed: ${(cause as Error).message}`, { cause });
  }
  try {
    return `seccomp=${JSON.stringify(JSON.parse(profile))}`;
  } catch (cause) {
    throw new Error(`compacting json for seccomp profile (${value}) failed: ${(cause as Error).message}`, { cause });
  }
}

function capabilities(names: readonly string[]): string[] {
  const canonical = names.map((name) => {
    const upper = name.toUpperCase();
    return upper === "ALL" || upper === "RESET" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  });
  return [...new Set(canonical)].sort();
}

function logConfig(options: CreateOptions): Record<string, unknown> | undefined {
  if (options["log-driver"] === undefined && options["log-opt"].length === 0) return undefined;
  return { Type: options["log-driver"] ?? "", Config: keyValues(options["log-opt"]) };
}

function healthcheck(options: CreateOptions): Record<string, unknown> | undefined {
  if (options["no-healthcheck"]) return { Test: ["NONE"] };
  const command = options["health-cmd"];
  const check = omitEmpty({
    Test: command === undefined ? undefined : ["CMD-SHELL", command],
    Interval: options["health-interval"],
    Timeout: options["health-timeout"],
    StartPeriod: options["health-start-period"],
    StartInterval: options["health-start-interval"],
    Retries: options["health-retries"],
  });
  return Object.keys(check).length === 0 ? undefined : check;
}

/** `name=n1,alias=a` or `n1` */
export function networkName(text: string): string {
  if (!text.includes("=")) return text;
  return keyValues(text.split(","))["name"] ?? "";
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Without undefined values, empty lists and empty objects: an engine reads their absence the same way. */
function omitEmpty(record: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}
