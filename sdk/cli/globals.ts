import type { OptionSpec, OptionValues } from "./options.ts";

/** Flags before the command: which engine, and how to reach it. Names and letters are docker's. */
export const GLOBAL_OPTIONS = [
  { name: "config", type: "string", help: "Location of client config files" },
  { name: "context", short: "c", type: "string", help: "Name of the context to use to connect to the daemon" },
  { name: "debug", short: "D", type: "bool", help: "Enable debug mode" },
  { name: "host", short: "H", type: "list", help: "Daemon socket to connect to" },
  { name: "log-level", short: "l", type: "string", help: "Set the logging level", check: checkLogLevel },
  { name: "tls", type: "bool", help: "Use TLS; implied by --tlsverify" },
  { name: "tlscacert", type: "string", help: "Trust certs signed only by this CA" },
  { name: "tlscert", type: "string", help: "Path to TLS certificate file" },
  { name: "tlskey", type: "string", help: "Path to TLS key file" },
  { name: "tlsverify", type: "bool", help: "Use TLS and verify the remote" },
  { name: "version", short: "v", type: "bool", help: "Print version information and quit" },
] as const satisfies readonly OptionSpec[];

export type GlobalOptions = OptionValues<typeof GLOBAL_OPTIONS>;

function checkLogLevel(level: string): void {
  if (!["debug", "info", "warn", "error", "fatal"].includes(level))
    throw new Error(`unable to parse logging level: ${level}`);
}
