import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { settle } from "../each.ts";
import { CommandFailure } from "../exit.ts";
import { failureText } from "../failures.ts";
import { relayStdio } from "../stdio/relay.ts";
import { forwardSignals } from "../stdio/signals.ts";
import { followSize } from "../stdio/terminal.ts";
import { exitCodeOf } from "./run.ts";
import { DETACH_KEYS_OPTION } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  options: [
    { name: "attach", short: "a", type: "bool", help: "Attach STDOUT/STDERR and forward signals" },
    DETACH_KEYS_OPTION,
    { name: "interactive", short: "i", type: "bool", help: "Attach container's STDIN" },
  ],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    if (!options.attach && !options.interactive) return await startAll(context, names);
    if (names.length > 1) throw new CommandFailure("you cannot start and attach multiple containers at once");
    return await startAttached(context, names[0]!, options);
  },
});

async function startAll(context: CommandContext, names: readonly string[]): Promise<number> {
  const engine = await context.engine();
  const failed: string[] = [];
  for (const name of names) {
    const result = await settle(engine.containers.start(name, {}, context.signal));
    if ("value" in result) context.print(`${name}\n`);
    else {
      context.warn(`${failureText(result.error)}\n`);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new CommandFailure(`Error: failed to start containers: ${failed.join(", ")}`);
  return 0;
}

async function startAttached(
  context: CommandContext,
  name: string,
  options: { readonly interactive: boolean | undefined; readonly "detach-keys": string | undefined },
): Promise<number> {
  const engine = await context.engine();
  const { Id: id, Config, HostConfig } = await engine.containers.inspect(name, {}, context.signal);
  const tty = Config.Tty ?? false;
  const detachKeys = options["detach-keys"] ?? (await context.config()).detachKeys;
  const stdin = Boolean(options.interactive && Config.OpenStdin);
  using _signals = tty ? undefined : forwardSignals((signal) => engine.containers.kill(id, { signal }, context.signal));
  const query = { stream: true, stdout: true, stderr: true, detachKeys, ...(stdin ? { stdin } : {}) };
  using stream = await engine.containers.attach(id, query, context.signal);
  const condition = HostConfig?.AutoRemove ? "removed" : "next-exit";
  const { result } = await engine.containers.wait(id, { condition }, context.signal);
  const relayed = relayStdio(context, stream, { tty, stdin, detachKeys });
  relayed.catch(() => undefined);
  await engine.containers.start(id, {}, context.signal);
  using _size = tty ? followSize(context.stdout, (size) => engine.containers.resize(id, size)) : undefined;
  if ((await relayed) === "detached") return 0;
  return exitCodeOf(await result);
}
