import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../exit.ts";
import { relayStdio } from "../stdio/relay.ts";
import { forwardSignals } from "../stdio/signals.ts";
import { followSize, terminalSize } from "../stdio/terminal.ts";
import { exitCodeOf } from "./run.ts";
import { DETACH_KEYS_OPTION } from "./shared.ts";

interface AttachOptions {
  readonly "detach-keys": string | undefined;
  readonly "no-stdin": boolean | undefined;
  readonly "sig-proxy": boolean | undefined;
}

export const command = defineCommand({
  usage: "[OPTIONS] CONTAINER",
  options: [
    DETACH_KEYS_OPTION,
    { name: "no-stdin", type: "bool", help: "Do not attach STDIN" },
    { name: "sig-proxy", type: "bool", help: "Proxy all received signals to the process (default true)" },
  ],
  args: [1],
  run: (context, options, [name]) => attach(context, name!, options),
});

async function attach(context: CommandContext, name: string, options: AttachOptions): Promise<number> {
  const engine = await context.engine();
  // Before it is looked at: an end in between is not missed.
  const { result } = await engine.containers.wait(name, {}, context.signal);
  const { Id: id, Config, State } = await engine.containers.inspect(name, {}, context.signal);
  if (!State.Running) throw new CommandFailure("cannot attach to a stopped container, start it first");
  if (State.Paused) throw new CommandFailure("cannot attach to a paused container, unpause it first");
  if (State.Restarting) throw new CommandFailure("cannot attach to a restarting container, wait until it is running");
  const tty = Config.Tty ?? false;
  const stdin = Boolean(Config.OpenStdin) && !options["no-stdin"];
  if (tty && stdin && !context.stdin.isTTY) throw new CommandFailure("the input device is not a TTY");
  const detachKeys = options["detach-keys"] ?? (await context.config()).detachKeys;
  using _signals =
    options["sig-proxy"] === false || tty
      ? undefined
      : forwardSignals((signal) => engine.containers.kill(id, { signal }, context.signal));
  const query = { stream: true, stdout: true, stderr: true, detachKeys, ...(stdin ? { stdin } : {}) };
  using stream = await engine.containers.attach(id, query, context.signal);
  if (tty) await nudge(context, id);
  using _size = tty ? followSize(context.stdout, (size) => engine.containers.resize(id, size)) : undefined;
  if ((await relayStdio(context, stream, { tty, stdin, detachKeys })) === "detached")
    throw new CommandFailure("read escape sequence");
  return exitCodeOf(await result);
}

/** A program draws its screen anew when the size changes: it is made to, or who comes back sees nothing until a key is pressed. */
async function nudge(context: CommandContext, id: string): Promise<void> {
  const size = terminalSize(context.stdout);
  if (size === undefined) return;
  const engine = await context.engine();
  await engine.containers.resize(id, { h: size.h + 1, w: size.w + 1 }, context.signal).catch(() => undefined);
}
