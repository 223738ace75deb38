/** The commands that do one thing to containers: stop, restart, kill, pause, unpause, wait, rename, rm. */
import { defineCommand } from "../command.ts";
import { CommandFailure } from "../exit.ts";
import { forEachObject } from "../each.ts";
import { failureText } from "../failures.ts";

const MANY = "CONTAINER [CONTAINER...]";

const END_OPTIONS = [
  { name: "signal", short: "s", type: "string", help: "Signal to send to the container" },
  { name: "timeout", short: "t", type: "int", help: "Seconds to wait before killing the container" },
  { name: "time", type: "int", help: "Seconds to wait before killing the container", hidden: true },
] as const;

function ending(verb: "stop" | "restart") {
  return defineCommand({
    usage: `[OPTIONS] ${MANY}`,
    options: END_OPTIONS,
    args: [1, Number.POSITIVE_INFINITY],
    async run(context, options, names) {
      if (options.time !== undefined && options.timeout !== undefined)
        throw new CommandFailure("conflicting options: cannot specify both --timeout and --time");
      const engine = await context.engine();
      const query = { t: options.timeout ?? options.time, signal: options.signal };
      await forEachObject<unknown>(context, names, (name) => engine.containers[verb](name, query, context.signal));
    },
  });
}

export const stop = ending("stop");
export const restart = ending("restart");

export const kill = defineCommand({
  usage: `[OPTIONS] ${MANY}`,
  options: [{ name: "signal", short: "s", type: "string", help: "Signal to send to the container" }],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const engine = await context.engine();
    const { signal } = options;
    await forEachObject(context, names, (name) => engine.containers.kill(name, { signal }, context.signal));
  },
});

function freezing(verb: "pause" | "unpause") {
  return defineCommand({
    usage: MANY,
    options: [],
    args: [1, Number.POSITIVE_INFINITY],
    async run(context, _options, names) {
      const engine = await context.engine();
      await forEachObject(context, names, (name) => engine.containers[verb](name, context.signal));
    },
  });
}

export const pause = freezing("pause");
export const unpause = freezing("unpause");

export const wait = defineCommand({
  usage: MANY,
  options: [],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, _options, names) {
    const engine = await context.engine();
    const ended = async (name: string): Promise<number> => {
      const { StatusCode, Error: failure } = await (await engine.containers.wait(name, {}, context.signal)).result;
      if (failure) throw new Error(failure.Message ?? "");
      return StatusCode;
    };
    await forEachObject(context, names, ended, { shown: String });
  },
});

export const rename = defineCommand({
  usage: "CONTAINER NEW_NAME",
  options: [],
  args: [2],
  async run(context, _options, args) {
    const [from, to] = args.map((name) => name.trim()) as [string, string];
    if (from === "" || to === "") throw new CommandFailure("Error: Neither old nor new names may be empty");
    const engine = await context.engine();
    try {
      await engine.containers.rename(from, to, context.signal);
    } catch (cause) {
      throw new CommandFailure(`${failureText(cause)}\nError: failed to rename container named ${from}`, undefined, {
        cause,
      });
    }
  },
});

export const rm = defineCommand({
  usage: `[OPTIONS] ${MANY}`,
  options: [
    { name: "force", short: "f", type: "bool", help: "Force the removal of a running container (uses SIGKILL)" },
    { name: "link", short: "l", type: "bool", help: "Remove the specified link" },
    { name: "volumes", short: "v", type: "bool", help: "Remove anonymous volumes associated with the container" },
  ],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const engine = await context.engine();
    const query = { v: options.volumes, link: options.link, force: options.force };
    const remove = async (given: string): Promise<void> => {
      const name = given.replace(/^\/+|\/+$/g, "");
      if (name === "") throw new Error("container name cannot be empty");
      await engine.containers.remove(name, query, context.signal);
    };
    await forEachObject(context, names, remove, { forgiveMissing: options.force });
  },
});
