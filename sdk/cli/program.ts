import { join } from "node:path";
import { parseArguments, type ParsedArguments } from "./argv.ts";
import type { CommandEntry, CommandSpec } from "./command.ts";
import type { CommandContext, InputStream, OutputStream } from "./context.ts";
import { CommandFailure, EXIT, UsageError } from "./exit.ts";
import { explain } from "./failures.ts";
import { GLOBAL_OPTIONS, type GlobalOptions } from "./globals.ts";
import type { OptionSpec } from "./options.ts";
import { resolveCommand, type Resolved } from "./resolve.ts";

/** What the command needs of its process. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  cwd(): string;
  exit(code: number): never;
}

/** SIGPIPE's exit code in a shell: what a Go program ends with when nobody reads its output. */
const BROKEN_PIPE = 141;

/** Runs one command line and resolves to its exit code; failures are told on stderr. Never rejects. */
export async function runProgram(argv: readonly string[], host: Host): Promise<number> {
  host.stdout.on("error", (error: NodeJS.ErrnoException) =>
    host.exit(error.code === "EPIPE" ? BROKEN_PIPE : EXIT.failure),
  );
  let globals: ParsedArguments<typeof GLOBAL_OPTIONS>;
  try {
    globals = parseArguments(GLOBAL_OPTIONS, argv, { stopEarly: true });
  } catch (error) {
    host.stderr.write(
      `${(error as Error).message}\n\nUsage:  slipway [OPTIONS] COMMAND [ARG...]\n\nRun 'slipway --help' for more information\n`,
    );
    return EXIT.usage;
  }
  if (globals.options.version) {
    const { clientVersion } = await import("./version.ts");
    host.stdout.write(`Slipway version ${clientVersion().version}, build ${clientVersion().commit}\n`);
    return 0;
  }
  return await runResolved(resolveCommand(globals.positionals), globals.options, host);
}

async function runResolved(resolved: Resolved, globals: GlobalOptions, host: Host): Promise<number> {
  switch (resolved.type) {
    case "group": {
      const { groupHelp } = await import("./help.ts");
      const { COMMANDS } = await import("./table.ts");
      host.stdout.write(groupHelp(COMMANDS, resolved.noun, GLOBAL_OPTIONS));
      return 0;
    }
    case "unknown": {
      const { unknownCommand } = await import("./missing.ts");
      host.stderr.write(unknownCommand(resolved.words));
      return EXIT.failure;
    }
    case "command":
      return await runCommand(resolved.entry, resolved.name, resolved.argv, globals, host);
  }
}

async function runCommand(
  entry: CommandEntry,
  name: string,
  argv: readonly string[],
  globals: GlobalOptions,
  host: Host,
): Promise<number> {
  const { command } = await entry.load();
  let parsed: ParsedArguments<readonly OptionSpec[]>;
  try {
    parsed = command.passThrough
      ? { options: {}, positionals: argv, help: false }
      : parseArguments(command.options, argv, { stopEarly: command.stopEarly });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    host.stderr.write(
      `${error.message}\n\nUsage:  ${usage(name, command)}\n\nRun 'slipway ${name} --help' for more information\n`,
    );
    return error.exitCode;
  }
  if (parsed.help) {
    const { commandHelp } = await import("./help.ts");
    host.stdout.write(commandHelp(entry, name, command));
    return 0;
  }
  const wrong = wrongCount(command, parsed.positionals.length);
  if (wrong !== undefined) {
    const hint = wrong.includes("at least") && !wrong.includes("at most") ? "See" : "Run";
    host.stderr.write(
      `slipway: 'slipway ${name}' ${wrong}\n\nUsage:  ${usage(name, command)}\n\n${hint} 'slipway ${name} --help' for more information\n`,
    );
    return EXIT.failure;
  }
  return await execute(command, name, parsed, globals, host);
}

async function execute(
  command: CommandSpec,
  name: string,
  parsed: ParsedArguments<readonly OptionSpec[]>,
  globals: GlobalOptions,
  host: Host,
): Promise<number> {
  const context = commandContext(name, globals, host);
  try {
    return (await command.run(context, parsed.options, parsed.positionals)) ?? 0;
  } catch (error) {
    const failure = error instanceof CommandFailure ? error : explain(error, command.failureCode ?? EXIT.failure);
    const text = failure.helped
      ? `slipway: ${failure.message}\n\nRun 'slipway ${name} --help' for more information`
      : failure.message;
    if (failure.message !== "") host.stderr.write(`${text}\n`);
    if (globals.debug && failure.cause instanceof Error) host.stderr.write(`${failure.cause.stack}\n`);
    return failure.exitCode;
  }
}

function usage(name: string, command: CommandSpec): string {
  return `slipway ${name} ${command.usage}`.trimEnd();
}

/** docker's words for a wrong number of arguments, or undefined. */
function wrongCount({ args: [min, max = min] }: CommandSpec, count: number): string | undefined {
  if (count >= min && count <= max) return undefined;
  const arguments_ = (number: number): string => `${number} argument${number === 1 ? "" : "s"}`;
  if (max === 0) return "accepts no arguments";
  if (min === max) return `requires ${arguments_(min)}`;
  if (max === Number.POSITIVE_INFINITY) return `requires at least ${arguments_(min)}`;
  if (min === 0) return `requires at most ${arguments_(max)}`;
  return `requires at least ${min} and at most ${arguments_(max)}`;
}

function commandContext(name: string, globals: GlobalOptions, host: Host): CommandContext {
  const folder = host.cwd();
  const configFolder = globals.config ?? (host.env["DOCKER_CONFIG"] || join(host.env["HOME"] || "/root", ".docker"));
  const never = new AbortController();
  let config: ReturnType<CommandContext["config"]> | undefined;
  let engine: ReturnType<CommandContext["engine"]> | undefined;
  return {
    name,
    globals,
    env: host.env,
    folder,
    // Each is opened when it is used first, which takes a millisecond.
    get stdin() {
      return host.stdin;
    },
    get stdout() {
      return host.stdout;
    },
    get stderr() {
      return host.stderr;
    },
    now: Date.now,
    signal: never.signal,
    configFolder,
    config: async () => {
      config ??= import("../transport/docker-config.ts").then(({ readDockerConfig }) => readDockerConfig(configFolder));
      return await config;
    },
    engine: async () => {
      engine ??= import("./choose-engine.ts").then(({ chooseEngine }) => chooseEngine(globals, host.env, configFolder));
      return await engine;
    },
    print: (text) => void host.stdout.write(text),
    warn: (text) => void host.stderr.write(text),
  };
}
