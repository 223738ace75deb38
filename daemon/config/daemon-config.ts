import { LOG_LEVELS, type LogFormat, type LogLevel } from "../base/logger.ts";
import { EngineError } from "../base/errors.ts";
import { DEFAULT_SOCKET, isLoopback, parseHost, type Host } from "./hosts.ts";
import { OPTION_LIST, type OptionName, type OptionValues } from "./options.ts";
import {
  parseAddressPool,
  parseBridgeAddress,
  parseExecOption,
  parseLabel,
  parseRuntime,
  parseUlimit,
} from "./values.ts";
import type { AddressPoolBase, BridgeAddress, UlimitDefault } from "./values.ts";

/** What the daemon was told, checked. Nothing of it has been acted on. */
export interface DaemonConfig extends ReloadableConfig {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly hosts: readonly Host[];
  /** undefined: `slipway`, where there is such a group. */
  readonly group: string | undefined;
  readonly pidfile: string;
  readonly logFormat: LogFormat;
  readonly tls: TlsConfig | undefined;
  /** Name → path; a bare name is looked up in PATH. `runc` is always there. */
  readonly runtimes: Readonly<Record<string, string>>;
  readonly defaultRuntime: string;
  readonly defaultUlimits: readonly UlimitDefault[];
  readonly cgroupParent: string;
  /** undefined: what suits the host. */
  readonly cgroupDriver: "cgroupfs" | "systemd" | undefined;
  readonly init: boolean;
  readonly bridge: string;
  readonly bip: BridgeAddress | undefined;
  /** Published ports are passed on by the daemon, so that the host's input rules apply to them. */
  readonly firewallRespect: boolean;
  readonly addressPools: readonly AddressPoolBase[];
  /** Of the default bridge, in bytes. */
  readonly mtu: number | undefined;
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly concurrentDownloads: number;
  readonly concurrentUploads: number;
  /** Seconds. */
  readonly shutdownTimeout: number;
}

/** What SIGHUP may change. */
export interface ReloadableConfig {
  readonly logLevel: LogLevel;
  readonly debug: boolean;
  readonly labels: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
}

export interface TlsConfig {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** Only clients with a certificate of `ca`. */
  readonly verify: boolean;
}

const DEFAULTS = { dataRoot: "/var/lib/slipway", execRoot: "/run/slipway" };

/** @throws EngineError InvalidParameter that names the option and says what is wrong with it. */
export function daemonConfig(values: OptionValues): DaemonConfig {
  refuseUnsupported(values);
  const text = (name: OptionName): string | undefined => values.get(name)?.at(-1);
  const list = (name: OptionName): readonly string[] => values.get(name) ?? [];
  const tls = tlsOf(values);
  const execRoot = absolute("exec-root", text("exec-root") ?? DEFAULTS.execRoot);
  const runtimes = { runc: "runc", ...Object.fromEntries(list("add-runtime").map(parseRuntime)) };
  return {
    ...reloadable(values),
    dataRoot: absolute("data-root", text("data-root") ?? DEFAULTS.dataRoot),
    execRoot,
    hosts: hostsOf(values, tls !== undefined),
    group: text("group"),
    pidfile: absolute("pidfile", text("pidfile") ?? `${execRoot}/slipway.pid`),
    logFormat: oneOf("log-format", text("log-format") ?? "text", ["text", "json"]),
    tls,
    runtimes,
    defaultRuntime: oneOf("default-runtime", text("default-runtime") ?? "runc", Object.keys(runtimes)),
    defaultUlimits: list("default-ulimit").map(parseUlimit),
    cgroupParent: text("cgroup-parent") ?? "",
    cgroupDriver: list("exec-opt").map(parseExecOption).at(-1),
    init: text("init") === "true",
    bridge: text("bridge") ?? "slipway0",
    bip: text("bip") === undefined ? undefined : parseBridgeAddress(text("bip") ?? ""),
    addressPools: list("default-address-pool").map(parseAddressPool),
    firewallRespect: text("firewall-respect") === "true",
    mtu: text("mtu") === undefined ? undefined : between("mtu", text("mtu") ?? "", 68, 65535),
    dns: list("dns"),
    dnsOptions: list("dns-opt"),
    dnsSearch: list("dns-search"),
    concurrentDownloads: between("max-concurrent-downloads", text("max-concurrent-downloads") ?? "3", 1, 1000),
    concurrentUploads: between("max-concurrent-uploads", text("max-concurrent-uploads") ?? "5", 1, 1000),
    shutdownTimeout: between("shutdown-timeout", text("shutdown-timeout") ?? "15", 0, 86_400),
  };
}

/** @throws EngineError InvalidParameter. */
export function reloadable(values: OptionValues): ReloadableConfig {
  const debug = values.get("debug")?.at(-1) === "true";
  const level = values.get("log-level")?.at(-1) ?? "info";
  if (!LOG_LEVELS.some((each) => each === level)) throw invalid(`invalid logging level: ${level}`);
  return {
    debug,
    logLevel: debug ? "debug" : (level as LogLevel),
    labels: (values.get("label") ?? []).map(parseLabel),
    insecureRegistries: values.get("insecure-registry") ?? [],
    registryMirrors: values.get("registry-mirror") ?? [],
  };
}

function refuseUnsupported(values: OptionValues): void {
  for (const option of OPTION_LIST) {
    const given = values.get(option.flag);
    if (given === undefined) continue;
    if (option.refused !== undefined) throw invalid(`option ${option.flag} ${option.refused}`);
    const other = option.only === undefined ? undefined : given.find((value) => value !== option.only);
    if (other !== undefined)
      throw invalid(`option ${option.flag}=${other} is not supported: only ${option.flag}=${option.only} is`);
  }
  const driver = values.get("storage-driver")?.at(-1);
  if (driver !== undefined && driver !== "overlay2" && driver !== "overlay")
    throw invalid(`storage driver ${JSON.stringify(driver)} is not supported: only overlay2 is`);
}

/** @throws EngineError InvalidParameter: plain tcp that others can reach is refused unless forced. */
function hostsOf(values: OptionValues, tls: boolean): readonly Host[] {
  const texts = values.get("host") ?? [];
  const hosts = (texts.length > 0 ? texts : [`unix://${DEFAULT_SOCKET}`]).map((each) => parseHost(each, tls));
  if (tls || values.get("allow-plain-tcp")?.at(-1) === "true") return hosts;
  for (const host of hosts) {
    if (host.kind !== "tcp" || isLoopback(host.address)) continue;
    throw invalid(
      `tcp://${host.address}:${host.port} without TLS would give root on this machine to everybody who reaches it: use --tlsverify, or --allow-plain-tcp to do it all the same`,
    );
  }
  return hosts;
}

function tlsOf(values: OptionValues): TlsConfig | undefined {
  const text = (name: OptionName): string | undefined => values.get(name)?.at(-1);
  const verify = text("tlsverify") === "true";
  if (!verify && text("tls") !== "true") return undefined;
  const [cert, key, ca] = [text("tlscert"), text("tlskey"), text("tlscacert")];
  if (cert === undefined || key === undefined) throw invalid("TLS needs --tlscert and --tlskey");
  if (verify && ca === undefined) throw invalid("--tlsverify needs --tlscacert");
  return { cert, key, ca, verify };
}

function oneOf<T extends string>(name: OptionName, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalid(`invalid ${name}: ${JSON.stringify(value)} is none of ${allowed.join(", ")}`);
  return found;
}

function absolute(name: OptionName, path: string): string {
  if (!path.startsWith("/")) throw invalid(`${name} must be an absolute path: ${path}`);
  return path;
}

function between(name: OptionName, value: string, least: number, most: number): number {
  const number = Number(value);
  if (number < least || number > most) throw invalid(`invalid ${name}: ${value} is not in ${least}..${most}`);
  return number;
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
