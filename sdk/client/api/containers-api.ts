import type { Readable } from "node:stream";
import type {
  ContainerCreateBody,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerPruneResponse,
  ContainerStats,
  ContainerSummary,
  ContainerTop,
  ContainerUpdateBody,
  ContainerUpdateResponse,
  ContainerWaitResponse,
  FilesystemChange,
} from "../../contract/index.ts";
import { ProtocolError } from "../../transport/errors.ts";
import { jsonLines } from "../../transport/json-lines.ts";
import type { AttachedStream } from "./attached-stream.ts";
import { filtersText, segment, type Caller, type FilterValues } from "./caller.ts";

export interface ListContainersQuery {
  /** Also those that do not run. */
  readonly all?: boolean;
  readonly limit?: number;
  /** Asks for `SizeRw` and `SizeRootFs`, which must be measured. */
  readonly size?: boolean;
  readonly filters?: FilterValues;
}

export interface LogsQuery {
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly follow?: boolean;
  /** Seconds since 1970, with a fraction, or RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  readonly timestamps?: boolean;
  /** Number of lines, or "all". */
  readonly tail?: string;
}

export interface AttachQuery {
  readonly detachKeys?: string;
  /** What was written before, too. */
  readonly logs?: boolean;
  readonly stream?: boolean;
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
}

export interface StopQuery {
  /** Instead of the container's stop signal. */
  readonly signal?: string;
  /** Seconds until SIGKILL; -1 waits for ever. */
  readonly t?: number;
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

/** `/containers`, as the API has it. `id` is an id, a unique prefix of one, or a name. */
export class ContainersApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async list(query: ListContainersQuery = {}, signal?: AbortSignal): Promise<ContainerSummary[]> {
    const filters = filtersText(query.filters);
    return await this.#caller.get("/containers/json", { ...query, filters }, signal);
  }

  /** `platform` in the form `os/architecture/variant`. */
  async create(
    body: ContainerCreateBody,
    query: { readonly name?: string; readonly platform?: string } = {},
    signal?: AbortSignal,
  ): Promise<ContainerCreateResponse> {
    return await this.#caller.call("POST", "/containers/create", { query, json: body, signal });
  }

  async inspect(id: string, query: { readonly size?: boolean } = {}, signal?: AbortSignal): Promise<ContainerInspect> {
    return await this.#caller.get(path(id, "json"), query, signal);
  }

  /** False when it ran already. */
  async start(id: string, query: { readonly detachKeys?: string } = {}, signal?: AbortSignal): Promise<boolean> {
    return await this.#change(id, "start", query, signal);
  }

  /** False when it did not run. */
  async stop(id: string, query: StopQuery = {}, signal?: AbortSignal): Promise<boolean> {
    return await this.#change(id, "stop", { ...query }, signal);
  }

  async restart(id: string, query: StopQuery = {}, signal?: AbortSignal): Promise<void> {
    await this.#change(id, "restart", { ...query }, signal);
  }

  async kill(id: string, query: { readonly signal?: string } = {}, signal?: AbortSignal): Promise<void> {
    await this.#change(id, "kill", query, signal);
  }

  async pause(id: string, signal?: AbortSignal): Promise<void> {
    await this.#change(id, "pause", {}, signal);
  }

  async unpause(id: string, signal?: AbortSignal): Promise<void> {
    await this.#change(id, "unpause", {}, signal);
  }

  async rename(id: string, name: string, signal?: AbortSignal): Promise<void> {
    await this.#change(id, "rename", { name }, signal);
  }

  /** Size of its terminal, in characters. */
  async resize(id: string, size: { readonly h: number; readonly w: number }, signal?: AbortSignal): Promise<void> {
    await this.#change(id, "resize", { ...size }, signal);
  }

  /** `v` also removes its anonymous volumes; `link` removes a link instead of a container. */
  async remove(
    id: string,
    query: { readonly force?: boolean; readonly v?: boolean; readonly link?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#caller.call("DELETE", path(id), { query, signal });
  }

  /**
   * Resolves as soon as the engine waits, so that nothing that is started after it can be missed. What it resolves to settles when the
   * condition holds.
   */
  async wait(
    id: string,
    query: { readonly condition?: WaitCondition } = {},
    signal?: AbortSignal,
  ): Promise<{ readonly result: Promise<ContainerWaitResponse> }> {
    const body = await this.#caller.open("POST", path(id, "wait"), { query, signal });
    const result = firstValue<ContainerWaitResponse>(body);
    // Whoever does not come back for it must not be ended by an unhandled rejection.
    result.catch(() => undefined);
    return { result };
  }

  async attach(id: string, query: AttachQuery, signal?: AbortSignal): Promise<AttachedStream> {
    return await this.#caller.upgrade(path(id, "attach"), { query: { ...query }, signal });
  }

  /** Framed as an attached stream is: see `demux` and `stdioParts`. Without frames where the container has a TTY. */
  async logs(id: string, query: LogsQuery, signal?: AbortSignal): Promise<Readable> {
    return await this.#caller.open("GET", path(id, "logs"), { query: { ...query }, signal });
  }

  /** One sample a second, or the only one. `"one-shot"` does not wait for a second sample to compare with. */
  async *stats(
    id: string,
    query: { readonly stream?: boolean; readonly "one-shot"?: boolean } = {},
    signal?: AbortSignal,
  ): AsyncGenerator<ContainerStats, void, undefined> {
    yield* this.#caller.lines<ContainerStats>("GET", path(id, "stats"), { query, signal });
  }

  async top(id: string, query: { readonly ps_args?: string } = {}, signal?: AbortSignal): Promise<ContainerTop> {
    return await this.#caller.get(path(id, "top"), query, signal);
  }

  async changes(id: string, signal?: AbortSignal): Promise<FilesystemChange[]> {
    return (await this.#caller.get<FilesystemChange[] | null>(path(id, "changes"), {}, signal)) ?? [];
  }

  async update(id: string, body: ContainerUpdateBody, signal?: AbortSignal): Promise<ContainerUpdateResponse> {
    return await this.#caller.call("POST", path(id, "update"), { json: body, signal });
  }

  async prune(query: { readonly filters?: FilterValues } = {}, signal?: AbortSignal): Promise<ContainerPruneResponse> {
    const filters = filtersText(query.filters);
    return await this.#caller.call("POST", "/containers/prune", { query: { filters }, signal });
  }

  /** False for 304: there was nothing to change. */
  async #change(id: string, verb: string, query: Query, signal?: AbortSignal): Promise<boolean> {
    return (await this.#caller.status("POST", path(id, verb), { query, signal })) !== 304;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

function path(id: string, verb?: string): string {
  return `/containers/${segment(id)}${verb === undefined ? "" : `/${verb}`}`;
}

async function firstValue<T>(body: AsyncIterable<Uint8Array>): Promise<T> {
  for await (const value of jsonLines<T>(body)) return value;
  throw new ProtocolError("the engine ended its answer before there was one");
}
