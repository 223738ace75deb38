import type { SystemInfo } from "../../contract/index.ts";
import { bytesSize } from "../flags/units.ts";

/** What `info` prints below `Server:`, in docker's order. */
export function infoText(info: SystemInfo): string {
  const lines = [
    ...counts(info),
    ...drivers(info),
    ...plugins(info),
    ...runtimes(info),
    ...security(info.SecurityOptions ?? []),
    ...host(info),
    ...debug(info),
    ...list("Labels:", info.Labels),
    `Experimental: ${info.ExperimentalBuild ?? false}`,
    ...registries(info),
    `Live Restore Enabled: ${info.LiveRestoreEnabled ?? false}`,
    ...(info.ProductLicense ? [`Product License: ${info.ProductLicense}`] : []),
    ...list(
      "Default Address Pools:",
      info.DefaultAddressPools?.map(({ Base, Size }) => `  Base: ${Base}, Size: ${Size}`.slice(1)),
    ),
    "",
  ];
  return lines.map((line) => (line === "" ? "\n" : ` ${line}\n`)).join("");
}

function list(title: string, items: readonly string[] | null | undefined): readonly string[] {
  return items && items.length > 0 ? [title, ...items.map((item) => ` ${item}`)] : [];
}

function counts(info: SystemInfo): readonly string[] {
  return [
    `Containers: ${info.Containers}`,
    ` Running: ${info.ContainersRunning}`,
    ` Paused: ${info.ContainersPaused}`,
    ` Stopped: ${info.ContainersStopped}`,
    `Images: ${info.Images}`,
    ...(info.ServerVersion ? [`Server Version: ${info.ServerVersion}`] : []),
  ];
}

function drivers(info: SystemInfo): readonly string[] {
  const status = (info.DriverStatus ?? []).map(([name, value]) => ` ${name}: ${value}`);
  return [
    `Storage Driver: ${info.Driver}`,
    ...status,
    `Logging Driver: ${info.LoggingDriver}`,
    `Cgroup Driver: ${info.CgroupDriver}`,
    ...(info.CgroupVersion ? [`Cgroup Version: ${info.CgroupVersion}`] : []),
  ];
}

function plugins({ Plugins, CDISpecDirs, Swarm }: SystemInfo): readonly string[] {
  const names = (list: readonly string[] | null | undefined): string => (list ?? []).join(" ");
  return [
    "Plugins:",
    ` Volume: ${names(Plugins?.Volume)}`,
    ` Network: ${names(Plugins?.Network)}`,
    ...(Plugins?.Authorization?.length ? [` Authorization: ${names(Plugins.Authorization)}`] : []),
    ` Log: ${names(Plugins?.Log)}`,
    ...list("CDI spec directories:", CDISpecDirs),
    `Swarm: ${Swarm?.LocalNodeState ?? "inactive"}`,
  ];
}

function runtimes(info: SystemInfo): readonly string[] {
  const version = (title: string, commit: { readonly ID?: string } | null | undefined): readonly string[] =>
    commit?.ID ? [`${title} version: ${commit.ID}`] : [];
  const names = Object.keys(info.Runtimes ?? {});
  return [
    ...(names.length > 0 ? [`Runtimes: ${names.join(" ")}`, `Default Runtime: ${info.DefaultRuntime}`] : []),
    ...(info.InitBinary ? [`Init Binary: ${info.InitBinary}`] : []),
    ...version("containerd", info.ContainerdCommit),
    ...version("runc", info.RuncCommit),
    ...version("init", info.InitCommit),
  ];
}

/** `name=seccomp,profile=builtin` is a name, and a line for each of its options. */
function security(options: readonly string[]): readonly string[] {
  if (options.length === 0) return [];
  return [
    "Security Options:",
    ...options.flatMap((option) => {
      const [name = "", ...rest] = option.split(",");
      const details = rest.map((detail) => {
        const [key = "", value = ""] = detail.split("=");
        return `  ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`;
      });
      return [` ${name.replace(/^name=/, "")}`, ...details];
    }),
  ];
}

function host(info: SystemInfo): readonly string[] {
  return [
    `Kernel Version: ${info.KernelVersion}`,
    `Operating System: ${info.OperatingSystem}`,
    `OSType: ${info.OSType}`,
    `Architecture: ${info.Architecture}`,
    `CPUs: ${info.NCPU}`,
    `Total Memory: ${bytesSize(info.MemTotal)}`,
    `Name: ${info.Name}`,
    `ID: ${info.ID}`,
    `Docker Root Dir: ${info.DockerRootDir}`,
    `Debug Mode: ${info.Debug ?? false}`,
  ];
}

function debug(info: SystemInfo): readonly string[] {
  const proxies = [
    ...(info.HttpProxy ? [`HTTP Proxy: ${info.HttpProxy}`] : []),
    ...(info.HttpsProxy ? [`HTTPS Proxy: ${info.HttpsProxy}`] : []),
    ...(info.NoProxy ? [`No Proxy: ${info.NoProxy}`] : []),
  ];
  if (!info.Debug) return proxies;
  return [
    ` File Descriptors: ${info.NFd}`,
    ` Goroutines: ${info.NGoroutines}`,
    ` System Time: ${info.SystemTime}`,
    ` EventsListeners: ${info.NEventsListener}`,
    ...proxies,
  ];
}

function registries({ RegistryConfig: config }: SystemInfo): readonly string[] {
  const insecure = Object.values(config?.IndexConfigs ?? {})
    .filter((index) => index?.Secure === false)
    .map((index) => index.Name ?? "");
  return [
    ...list("Insecure Registries:", [...insecure, ...(config?.InsecureRegistryCIDRs ?? [])]),
    ...list("Registry Mirrors:", config?.Mirrors),
  ];
}
