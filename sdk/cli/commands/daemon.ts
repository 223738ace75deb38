import { daemonProgram } from "../../engine/daemon-program.ts";
import { nodeProgram } from "../../engine/node-program.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";

/**
 * The daemon in the place of this process: the same id, terminal, descriptors and signals, so that a service manager or a shell sees
 * nothing but the daemon. All its flags are its own, `--help` too.
 */
export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [],
  args: [0, Number.POSITIVE_INFINITY],
  passThrough: true,
  run: (context, _options, args) => becomeDaemon(context, args),
});

async function becomeDaemon(context: CommandContext, args: readonly string[]): Promise<number> {
  const node = nodeProgram();
  const env = Object.fromEntries(Object.entries(context.env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  return process.execve!(node, [node, daemonProgram(), ...args], env);
}
