import type { wire } from "../../sdk/index.ts";
import type { RunConfiguration } from "./run-configuration.ts";

/** The run configuration that makes a container like this one. What its image says itself is left out. */
export function configurationFromContainer(
  container: wire.ContainerInspect,
  image: wire.ImageInspect | undefined,
): RunConfiguration {
  const { Config: config, HostConfig: host } = container;
  const imageEnv = new Set(image?.Config.Env ?? []);
  const own = (config.Env ?? []).filter((each) => !imageEnv.has(each));
  const command = textList(config.Cmd);
  const sameCommand = command.join("\0") === textList(image?.Config.Cmd).join("\0");
  const ports = Object.entries(host.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) =>
      [HostIp, HostPort, port.replace(/\/tcp$/, "")].filter((part) => part !== "" && part !== undefined).join(":"),
    ),
  );
  const volumes = container.Mounts.filter(({ Type }) => Type !== "tmpfs").map(
    ({ Type, Name, Source, Destination, RW }) =>
      `${Type === "volume" ? Name : Source}:${Destination}${RW ? "" : ":ro"}`,
  );
  const network = host.NetworkMode === "default" || host.NetworkMode === "bridge" ? "" : (host.NetworkMode ?? "");
  const restart = host.RestartPolicy?.Name ?? "no";
  return {
    name: container.Name.replace(/^\//, ""),
    image: config.Image ?? container.Image,
    ...(sameCommand ? {} : { command }),
    ...(ports.length === 0 ? {} : { ports }),
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(own.length === 0 ? {} : { env: Object.fromEntries(own.map(splitEnv)) }),
    ...(config.User && config.User !== image?.Config.User ? { user: config.User } : {}),
    ...(config.WorkingDir && config.WorkingDir !== (image?.Config.WorkingDir || "/")
      ? { workingDir: config.WorkingDir }
      : {}),
    ...(network === "" ? {} : { network }),
    ...(restart === "no" || restart === "" ? {} : { restart }),
    ...(host.AutoRemove ? { remove: true } : {}),
    ...(config.Tty ? { interactive: true } : {}),
  };
}

function splitEnv(each: string): readonly [string, string] {
  const equals = each.indexOf("=");
  return equals === -1 ? [each, ""] : [each.slice(0, equals), each.slice(equals + 1)];
}

function textList(given: readonly string[] | string | null | undefined): readonly string[] {
  return typeof given === "string" ? [given] : (given ?? []);
}
