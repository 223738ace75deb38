import { DEFAULT_CONFIG_FILE, mergeSources, readConfigFile } from "./config-file.ts";
import { daemonConfig, reloadable, type DaemonConfig, type ReloadableConfig } from "./daemon-config.ts";
import { parseFlags } from "./flags.ts";
import type { OptionName, OptionValues } from "./options.ts";

/** What a command line asks the daemon program to do. */
export type Request =
  | { readonly kind: "help" | "version" }
  | {
      readonly kind: "run" | "validate" | "install-systemd";
      readonly config: DaemonConfig;
      readonly flags: OptionValues;
    };

/** @throws EngineError InvalidParameter. */
export function parseCommandLine(argv: readonly string[]): Request {
  const flags = parseFlags(argv);
  const set = (name: OptionName): boolean => flags.get(name)?.at(-1) === "true";
  if (set("help")) return { kind: "help" };
  if (set("version")) return { kind: "version" };
  const config = daemonConfig(sources(flags));
  if (set("validate")) return { kind: "validate", config, flags };
  return { kind: set("install-systemd") ? "install-systemd" : "run", config, flags };
}

/** Reads the file again (SIGHUP). @throws EngineError InvalidParameter; then nothing is to change. */
export function readAgain(flags: OptionValues): ReloadableConfig {
  return reloadable(sources(flags));
}

function sources(flags: OptionValues): OptionValues {
  const path = flags.get("config-file")?.at(-1);
  return mergeSources(flags, readConfigFile(path), path ?? DEFAULT_CONFIG_FILE);
}
