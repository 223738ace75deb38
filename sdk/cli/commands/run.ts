import type { AttachedStream } from "../../client/api/attached-stream.ts";
import type { ContainerWaitResponse } from "../../contract/index.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { attachedStreams, createContainer } from "../create-container.ts";
import { CommandFailure, EXIT } from "../exit.ts";
import { failureText } from "../failures.ts";
import type { CreateOptions } from "../flags/create-body.ts";
import { CREATE_OPTIONS } from "../flags/create-options.ts";
import { startExitCode } from "../start-failures.ts";
import { relayStdio } from "../stdio/relay.ts";
import { forwardSignals } from "../stdio/signals.ts";
import { followSize } from "../stdio/terminal.ts";
import { DETACH_KEYS_OPTION } from "./shared.ts";

const RUN_OPTIONS = [
  ...CREATE_OPTIONS,
  { name: "detach", short: "d", type: "bool", help: "Run container in background and print container ID" },
  DETACH_KEYS_OPTION,
  { name: "sig-proxy", type: "bool", help: "Proxy received signals to the process (default true)" },
] as const;

interface RunOptions extends CreateOptions {
  readonly detach: boolean | undefined;
  readonly "detach-keys": string | undefined;
  readonly "sig-proxy": boolean | undefined;
}

export const command = defineCommand({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  options: RUN_OPTIONS,
  args: [1, Number.POSITIVE_INFINITY],
  stopEarly: true,
  failureCode: EXIT.usage,
  async run(context, options, words) {
    if (options.detach && options.attach.length > 0)
      throw new CommandFailure("conflicting options: cannot specify both --attach and --detach", EXIT.usage);
    const attach = options.detach ? new Set<string>() : attachedStreams(options);
    refuseMissingTerminal(context, options, attach);
    const id = await createContainer(context, options, words, attach);
    return attach.size === 0 ? await startDetached(context, id) : await runAttached(context, id, options, attach);
  },
});

function refuseMissingTerminal(context: CommandContext, options: RunOptions, attach: ReadonlySet<string>): void {
  if (options.tty && attach.has("stdin") && !context.stdin.isTTY)
    throw new CommandFailure("the input device is not a TTY", EXIT.failure);
}

async function startDetached(context: CommandContext, id: string): Promise<number> {
  await start(context, id, undefined);
  context.print(`${id}\n`);
  return 0;
}

/** Attach, then wait, then start: no output is missed, and no exit. */
async function runAttached(
  context: CommandContext,
  id: string,
  options: RunOptions,
  attach: ReadonlySet<string>,
): Promise<number> {
  const engine = await context.engine();
  const detachKeys = options["detach-keys"] ?? (await context.config()).detachKeys;
  using _signals =
    options["sig-proxy"] === false
      ? undefined
      : forwardSignals((signal) => engine.containers.kill(id, { signal }, context.signal));
  const streams = { stdin: attach.has("stdin"), stdout: attach.has("stdout"), stderr: attach.has("stderr") };
  using stream = await engine.containers.attach(id, { stream: true, detachKeys, ...trueOnly(streams) }, context.signal);
  const condition = options.rm ? "removed" : "next-exit";
  const { result } = await engine.containers.wait(id, { condition }, context.signal);
  if (!streams.stdout && !streams.stderr) context.print(`${id}\n`);
  const relayed = relayStdio(context, stream, { tty: options.tty ?? false, stdin: streams.stdin, detachKeys });
  relayed.catch(() => undefined);
  await start(context, id, options.rm ? { stream, gone: result } : undefined);
  using _size = options.tty ? followSize(context.stdout, (size) => engine.containers.resize(id, size)) : undefined;
  if ((await relayed) === "detached") return 0;
  return exitCodeOf(await result);
}

/** @throws CommandFailure with the code that a shell would give: 127 not found, 126 not executable, else 125. */
async function start(
  context: CommandContext,
  id: string,
  removed: { readonly stream: AttachedStream; readonly gone: Promise<unknown> } | undefined,
): Promise<void> {
  const engine = await context.engine();
  try {
    await engine.containers.start(id, {}, context.signal);
  } catch (cause) {
    removed?.stream.close();
    // With --rm the engine takes away what could not be started; it is gone when the command ends.
    await removed?.gone.catch(() => undefined);
    throw new CommandFailure(failureText(cause), startExitCode(cause), { helped: true, cause });
  }
}

export function exitCodeOf({ StatusCode, Error: failure }: ContainerWaitResponse): number {
  if (failure?.Message) throw new CommandFailure(failure.Message, EXIT.usage, { helped: false });
  return StatusCode;
}

function trueOnly(flags: Readonly<Record<string, boolean>>): Record<string, true> {
  return Object.fromEntries(Object.entries(flags).flatMap(([name, value]) => (value ? [[name, true] as const] : [])));
}
