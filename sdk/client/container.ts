import type { ContainerInspect, ContainerTop } from "../contract/index.ts";
import { Conflict, NotFound, SlipwayError } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { WaitCondition } from "./api/containers-api.ts";
import { attachContainer, type AttachOptions } from "./attach.ts";
import { limitFields, restartPolicy } from "./container-body.ts";
import type { LimitOptions, RestartOptions } from "./container-options.ts";
import { startExec, startExecDetached, type ExecOptions } from "./exec.ts";
import { Logs, type LogOptions } from "./logs.ts";
import type { Process, TerminalSize } from "./process.ts";
import { usageOf, type ContainerUsage } from "./usage.ts";

export interface StopOptions {
  /** Instead of the container's stop signal: `SIGINT`. */
  readonly stopSignal?: string;
  /** Seconds until SIGKILL; -1 waits for ever. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface RemoveOptions {
  /** Kills it first. */
  readonly force?: boolean;
  /** Its anonymous volumes too. */
  readonly volumes?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * One container. What is done to it waits until the engine has done it; aborting a signal gives up waiting, and what the engine had
 * begun it ends.
 *
 * Disposing it removes it, running or not, with its anonymous volumes:
 *
 * @example
 * await using db = await engine.containers.create({ image: "postgres:17", env: { POSTGRES_PASSWORD: "x" } });
 * await db.start();
 */
export class Container implements AsyncDisposable {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** What the engine had to say when it was created. */
  readonly warnings: readonly string[];
  readonly #api: ApiClient;

  constructor(api: ApiClient, id: string, warnings: readonly string[] = []) {
    this.#api = api;
    this.id = id;
    this.warnings = warnings;
  }

  async inspect(options: { readonly size?: boolean; readonly signal?: AbortSignal } = {}): Promise<ContainerInspect> {
    return await this.#api.containers.inspect(this.id, { size: options.size }, options.signal);
  }

  /** False when it ran already. @throws ExecutableNotFound, ExecutableNotRunnable, PortInUse */
  async start(signal?: AbortSignal): Promise<boolean> {
    return await this.#api.containers.start(this.id, {}, signal);
  }

  /** Its stop signal, then SIGKILL. False when it did not run. */
  async stop(options: StopOptions = {}): Promise<boolean> {
    const { stopSignal, timeout: t, signal } = options;
    return await this.#api.containers.stop(this.id, { signal: stopSignal, t }, signal);
  }

  async restart(options: StopOptions = {}): Promise<void> {
    const { stopSignal, timeout: t, signal } = options;
    await this.#api.containers.restart(this.id, { signal: stopSignal, t }, signal);
  }

  /** Sends a signal: SIGKILL, unless told. @throws Conflict when it does not run. */
  async kill(name?: string, signal?: AbortSignal): Promise<void> {
    await this.#api.containers.kill(this.id, { signal: name }, signal);
  }

  async pause(signal?: AbortSignal): Promise<void> {
    await this.#api.containers.pause(this.id, signal);
  }

  async unpause(signal?: AbortSignal): Promise<void> {
    await this.#api.containers.unpause(this.id, signal);
  }

  async rename(name: string, signal?: AbortSignal): Promise<void> {
    await this.#api.containers.rename(this.id, name, signal);
  }

  /** Resolves to its exit code when the condition holds: `not-running` at once where it does not run. */
  async wait(options: { readonly condition?: WaitCondition; readonly signal?: AbortSignal } = {}): Promise<number> {
    const { result } = await this.#api.containers.wait(this.id, { condition: options.condition }, options.signal);
    const { StatusCode, Error: failure } = await result;
    if (failure?.Message) throw new SlipwayError("Internal", failure.Message);
    return StatusCode;
  }

  /** @throws Conflict while it runs, without `force`; NotFound. */
  async remove(options: RemoveOptions = {}): Promise<void> {
    const { force, volumes: v, signal } = options;
    await this.#api.containers.remove(this.id, { force, v }, signal);
  }

  /** What it wrote: lines, or bytes, as they are asked for. */
  logs(options: LogOptions = {}): Logs {
    return new Logs(this.#api, this.id, options);
  }

  /** The stdio of its first process. `exit` is the container's. */
  async attach(options: AttachOptions = {}): Promise<Process> {
    return await attachContainer(this.#api, this.id, options);
  }

  /** A further process in it, attached. @throws Conflict when it does not run; ExecutableNotFound. */
  async exec(command: readonly string[], options: ExecOptions = {}): Promise<Process> {
    return await startExec(this.#api, this.id, command, options);
  }

  /** A further process in it that nobody listens to. Resolves to the id of the exec. */
  async execDetached(
    command: readonly string[],
    options: Omit<ExecOptions, "stdin" | "detachKeys"> = {},
  ): Promise<string> {
    return await startExecDetached(this.#api, this.id, command, options);
  }

  /** Its processes, as ps(1) lists them with these arguments (`-ef` without any). */
  async top(psArguments?: string, signal?: AbortSignal): Promise<ContainerTop> {
    return await this.#api.containers.top(this.id, { ps_args: psArguments }, signal);
  }

  /** One sample a second until the loop is left or the container is removed. */
  async *stats(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ContainerUsage, void, undefined> {
    for await (const sample of this.#api.containers.stats(this.id, { stream: true }, options.signal))
      yield usageOf(sample);
  }

  /** One sample, which takes a second: the use of a processor is between two times. */
  async usage(signal?: AbortSignal): Promise<ContainerUsage> {
    for await (const sample of this.#api.containers.stats(this.id, { stream: false }, signal)) return usageOf(sample);
    throw new SlipwayError("Protocol", "the engine answered with no sample");
  }

  /** Tells its terminal a new size. */
  async resize(size: TerminalSize, signal?: AbortSignal): Promise<void> {
    await this.#api.containers.resize(this.id, { w: size.columns, h: size.rows }, signal);
  }

  /** Other limits or another restart policy, also while it runs. Resolves to the engine's warnings. */
  async update(options: {
    readonly limits?: LimitOptions;
    readonly restart?: RestartOptions;
    readonly signal?: AbortSignal;
  }): Promise<readonly string[]> {
    const { limits, restart, signal } = options;
    const body = { ...limitFields(limits), RestartPolicy: restart && restartPolicy(restart) };
    return (await this.#api.containers.update(this.id, body, signal)).Warnings ?? [];
  }

  /** Removes it and its anonymous volumes. One that is gone already, or on its way, is as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.remove({ force: true, volumes: true });
    } catch (error) {
      if (!(error instanceof NotFound || (error instanceof Conflict && /already in progress/.test(error.message))))
        throw error;
    }
  }
}
