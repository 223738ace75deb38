import type { ExecCreateBody } from "../../contract/index.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { CommandFailure, EXIT } from "../exit.ts";
import { failureText } from "../failures.ts";
import { environment } from "../flags/key-values.ts";
import type { OptionValues } from "../options.ts";
import { startExitCode } from "../start-failures.ts";
import { relayStdio } from "../stdio/relay.ts";
import { followSize, terminalSize } from "../stdio/terminal.ts";
import { DETACH_KEYS_OPTION } from "./shared.ts";

const EXEC_OPTIONS = [
  { name: "detach", short: "d", type: "bool", help: "Detached mode: run command in the background" },
  DETACH_KEYS_OPTION,
  { name: "env", short: "e", type: "list", help: "Set environment variables" },
  { name: "env-file", type: "list", help: "Read in a file of environment variables" },
  { name: "interactive", short: "i", type: "bool", help: "Keep STDIN open even if not attached" },
  { name: "privileged", type: "bool", help: "Give extended privileges to the command" },
  { name: "tty", short: "t", type: "bool", help: "Allocate a pseudo-TTY" },
  { name: "user", short: "u", type: "string", help: 'Username or UID (format: "<name|uid>[:<group|gid>]")' },
  { name: "workdir", short: "w", type: "string", help: "Working directory inside the container" },
] as const;

type ExecOptions = OptionValues<typeof EXEC_OPTIONS>;

export const command = defineCommand({
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  options: EXEC_OPTIONS,
  args: [2, Number.POSITIVE_INFINITY],
  stopEarly: true,
  async run(context, options, [container, ...words]) {
    const body = execBody(context, options, words);
    const engine = await context.engine();
    if (body.AttachStdin && body.Tty && !context.stdin.isTTY) throw new CommandFailure("the input device is not a TTY");
    const { Id: id } = await engine.execs.create(container!, body, context.signal);
    if (!id) throw new CommandFailure("exec ID empty");
    if (options.detach) return await engine.execs.startDetached(id, { Tty: body.Tty ?? false }, context.signal);
    return await execAttached(context, id, body);
  },
});

function execBody(context: CommandContext, options: ExecOptions, words: readonly string[]): ExecCreateBody {
  const attached = !options.detach;
  const size = options.tty ? terminalSize(context.stdout) : undefined;
  return {
    User: options.user ?? "",
    Privileged: options.privileged ?? false,
    Tty: options.tty ?? false,
    AttachStdin: attached && (options.interactive ?? false),
    AttachStdout: attached,
    AttachStderr: attached,
    Detach: !attached,
    Env: environment(options["env-file"], options.env, context.env),
    WorkingDir: options.workdir ?? "",
    Cmd: [...words],
    ...(options["detach-keys"] === undefined ? {} : { DetachKeys: options["detach-keys"] }),
    ...(size === undefined ? {} : { ConsoleSize: [size.h, size.w] }),
  };
}

async function execAttached(context: CommandContext, id: string, body: ExecCreateBody): Promise<number> {
  const engine = await context.engine();
  const tty = body.Tty ?? false;
  const [h, w] = body.ConsoleSize ?? [];
  const size = h === undefined || w === undefined ? {} : { ConsoleSize: [h, w] as const };
  try {
    using stream = await engine.execs.start(id, { Tty: tty, ...size }, context.signal);
    using _size = tty ? followSize(context.stdout, (now) => engine.execs.resize(id, now)) : undefined;
    const detachKeys = body.DetachKeys ?? (await context.config()).detachKeys;
    if ((await relayStdio(context, stream, { tty, stdin: body.AttachStdin ?? false, detachKeys })) === "detached")
      throw new CommandFailure("read escape sequence");
  } catch (cause) {
    const code = startExitCode(cause);
    if (cause instanceof CommandFailure || code === EXIT.usage) throw cause;
    throw new CommandFailure(failureText(cause), code, { helped: false, cause });
  }
  return (await engine.execs.inspect(id, context.signal)).ExitCode ?? 0;
}
