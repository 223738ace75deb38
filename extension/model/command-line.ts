import type { wire } from "../../sdk/index.ts";
import { joinWords } from "./container-notation.ts";

/** The `slipway run` that makes a container like this one; docker takes it too. What the image says itself is left out. */
export function commandLine(
  container: wire.ContainerInspect,
  image: wire.ImageInspect | undefined,
  program = "slipway",
): string {
  const { Config: config, HostConfig: host } = container;
  const words = [program, "run", ...(config.Tty || config.OpenStdin ? [] : ["-d"])];
  const flag = (name: string, value: string | undefined | null): void => void (value && words.push(name, value));
  if (config.OpenStdin) words.push("-i");
  if (config.Tty) words.push("-t");
  if (host.AutoRemove) words.push("--rm");
  flag("--name", container.Name.replace(/^\//, ""));
  const imageEnv = new Set(image?.Config.Env ?? []);
  for (const each of config.Env ?? []) if (!imageEnv.has(each)) flag("-e", each);
  const imageLabels = image?.Config.Labels ?? {};
  for (const [key, value] of Object.entries(config.Labels ?? {}))
    if (imageLabels[key] !== value) flag("--label", `${key}=${value}`);
  for (const [port, bindings] of Object.entries(host.PortBindings ?? {})) {
    for (const { HostIp, HostPort } of bindings ?? [])
      flag(
        "-p",
        `${HostIp ? `${HostIp}:` : ""}${HostPort ? `${HostPort}:` : HostIp ? ":" : ""}${port.replace(/\/tcp$/, "")}`,
      );
  }
  for (const { Type, Name, Source, Destination, RW } of container.Mounts) {
    if (Type === "tmpfs") flag("--tmpfs", Destination);
    else flag("-v", `${Type === "volume" ? `${Name}:` : `${Source}:`}${Destination}${RW ? "" : ":ro"}`);
  }
  flag("-u", config.User !== image?.Config.User ? config.User : "");
  flag("-w", config.WorkingDir !== (image?.Config.WorkingDir || "/") ? config.WorkingDir : "");
  if (host.NetworkMode && host.NetworkMode !== "default" && host.NetworkMode !== "bridge")
    flag("--network", host.NetworkMode);
  flag("--restart", restartText(host.RestartPolicy));
  if (host.Memory) flag("--memory", String(host.Memory));
  if (host.NanoCpus) flag("--cpus", String(host.NanoCpus / 1e9));
  if (host.PidsLimit && host.PidsLimit > 0) flag("--pids-limit", String(host.PidsLimit));
  if (host.Privileged) words.push("--privileged");
  if (host.ReadonlyRootfs) words.push("--read-only");
  if (host.Init) words.push("--init");
  for (const each of host.CapAdd ?? []) flag("--cap-add", each);
  for (const each of host.CapDrop ?? []) flag("--cap-drop", each);
  const entrypoint = textList(config.Entrypoint);
  const ownEntrypoint = entrypoint.join("\0") !== textList(image?.Config.Entrypoint).join("\0");
  if (ownEntrypoint && entrypoint.length > 0) flag("--entrypoint", entrypoint[0]);
  words.push(config.Image ?? container.Image);
  const command = textList(config.Cmd);
  const rest = ownEntrypoint ? [...entrypoint.slice(1), ...command] : command;
  if (ownEntrypoint || rest.join("\0") !== textList(image?.Config.Cmd).join("\0")) words.push(...rest);
  return joinWords(words);
}

function textList(given: readonly string[] | string | null | undefined): readonly string[] {
  return typeof given === "string" ? [given] : (given ?? []);
}

function restartText(policy: { Name?: string | null; MaximumRetryCount?: number | null } | null | undefined): string {
  if (!policy?.Name || policy.Name === "no") return "";
  return policy.MaximumRetryCount ? `${policy.Name}:${policy.MaximumRetryCount}` : policy.Name;
}
