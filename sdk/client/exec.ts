import type { ExecCreateBody } from "../contract/index.ts";
import type { ApiClient } from "./api/api-client.ts";
import { environmentList } from "./container-body.ts";
import { Process, type TerminalSize } from "./process.ts";

export interface ExecOptions {
  /** `user[:group]`, names or numbers. The container's own without it. */
  readonly user?: string;
  /** Added to the container's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute path in the container. */
  readonly workingDir?: string;
  /** With all capabilities. */
  readonly privileged?: boolean;
  /** Opens its standard input. */
  readonly stdin?: boolean;
  /** Gives it a terminal of this size, or of the engine's choice. */
  readonly tty?: boolean | TerminalSize;
  /** Keys that detach a terminal: `ctrl-p,ctrl-q` without it. */
  readonly detachKeys?: string;
  /** Closes our end of its stdio at any time. The engine has no way to end an exec: it goes on. */
  readonly signal?: AbortSignal;
}

/** Starts a further process in a running container, attached. */
export async function startExec(
  api: ApiClient,
  container: string,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<Process> {
  const hold = new AbortController();
  const signal = options.signal === undefined ? hold.signal : AbortSignal.any([options.signal, hold.signal]);
  const tty = Boolean(options.tty);
  const ConsoleSize = consoleSize(options.tty);
  const { Id } = await api.execs.create(container, execBody(command, options, true), signal);
  const stream = await api.execs.start(Id, { Tty: tty, ...(ConsoleSize && { ConsoleSize }) }, signal);
  if (!options.stdin) stream.stdin.end();
  return new Process({
    stream,
    tty,
    hold,
    exit: async ({ done }) => {
      await done;
      return await execExit(api, Id, signal);
    },
    resize: ({ columns, rows }) => api.execs.resize(Id, { w: columns, h: rows }, signal),
  });
}

/** Starts it with nothing attached; resolves to its id when it runs. */
export async function startExecDetached(
  api: ApiClient,
  container: string,
  command: readonly string[],
  options: Omit<ExecOptions, "stdin" | "detachKeys"> = {},
): Promise<string> {
  const { Id } = await api.execs.create(container, execBody(command, options, false), options.signal);
  await api.execs.startDetached(Id, { Tty: Boolean(options.tty) }, options.signal);
  return Id;
}

function execBody(command: readonly string[], options: ExecOptions, attached: boolean): ExecCreateBody {
  const size = consoleSize(options.tty);
  return {
    Cmd: [...command],
    AttachStdin: attached && Boolean(options.stdin),
    AttachStdout: attached,
    AttachStderr: attached,
    Tty: Boolean(options.tty),
    User: options.user,
    Env: environmentList(options.env),
    WorkingDir: options.workingDir,
    Privileged: options.privileged,
    DetachKeys: options.detachKeys,
    ...(size && { ConsoleSize: [...size] }),
  };
}

/** Rows first, as the API has it. */
function consoleSize(tty: ExecOptions["tty"]): readonly [number, number] | undefined {
  return typeof tty === "object" ? [tty.rows, tty.columns] : undefined;
}

/** The exit code of an exec whose connection has ended. One that closed its outputs and goes on tells its end by an event. */
async function execExit(api: ApiClient, id: string, signal: AbortSignal): Promise<number> {
  const ended = await api.execs.inspect(id, signal);
  if (!ended.Running) return ended.ExitCode ?? 0;
  const filters = { type: ["container"], container: [ended.ContainerID], event: ["exec_die"] };
  const events = await api.system.events({ filters }, signal);
  // Again, for it may have ended before the engine listened.
  const again = await api.execs.inspect(id, signal);
  if (!again.Running) {
    await events.return();
    return again.ExitCode ?? 0;
  }
  for await (const { Actor } of events) {
    if (Actor.Attributes["execID"] === id) return Number(Actor.Attributes["exitCode"] ?? 0);
  }
  return (await api.execs.inspect(id, signal)).ExitCode ?? 0;
}
