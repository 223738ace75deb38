import type { ContainerPruneResponse, ContainerSummary } from "../contract/index.ts";
import { ImageNotFound, NotFound } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { FilterValues } from "./api/caller.ts";
import { openStdio } from "./attach.ts";
import { containerBody } from "./container-body.ts";
import type { ContainerOptions } from "./container-options.ts";
import { Container } from "./container.ts";
import type { Images } from "./images.ts";
import type { Process } from "./process.ts";

export interface CreateOptions extends ContainerOptions {
  /** When to bring the image from its registry. `missing` without it. */
  readonly pull?: "always" | "missing" | "never";
  /** Gives up creating it. */
  readonly signal?: AbortSignal;
}

export interface RunOptions extends CreateOptions {
  /** Gives up at any time: the container is killed and removed, and whoever reads or waits gets the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ListContainersOptions {
  /** Also those that do not run. */
  readonly all?: boolean;
  /** The newest so many, running or not. */
  readonly limit?: number;
  readonly size?: boolean;
  /** `{ label: ["app=web"], status: ["exited"] }` */
  readonly filters?: FilterValues;
  readonly signal?: AbortSignal;
}

/** A container that was run, with the stdio of its first process. Disposing it removes the container. */
export interface RunningContainer extends AsyncDisposable {
  readonly container: Container;
  readonly process: Process;
}

/** The containers of an engine: `engine.containers`. */
export class Containers {
  readonly #api: ApiClient;
  readonly #images: Images;

  constructor(api: ApiClient, images: Images) {
    this.#api = api;
    this.#images = images;
  }

  /** Newest first. */
  async list(options: ListContainersOptions = {}): Promise<ContainerSummary[]> {
    const { signal, ...query } = options;
    return await this.#api.containers.list(query, signal);
  }

  /** The container of a full id that the caller knows: nothing is asked, and it may be gone. */
  withId(id: string): Container {
    return new Container(this.#api, id);
  }

  /** By id, a unique prefix of one, or name. @throws NotFound */
  async get(reference: string, signal?: AbortSignal): Promise<Container> {
    const { Id } = await this.#api.containers.inspect(reference, {}, signal);
    return new Container(this.#api, Id);
  }

  /** As `get`, with undefined for one that is not there. */
  async find(reference: string, signal?: AbortSignal): Promise<Container | undefined> {
    try {
      return await this.get(reference, signal);
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /**
   * Makes a container that does not run yet.
   * @throws ImageNotFound; Conflict when its name is taken.
   */
  async create(options: CreateOptions): Promise<Container> {
    const { name, platform, image, pull = "missing", signal } = options;
    const make = async (): Promise<Container> => {
      const { Id, Warnings } = await this.#api.containers.create(containerBody(options), { name, platform }, signal);
      return new Container(this.#api, Id, Warnings ?? []);
    };
    if (pull === "always") await this.#images.pull(image, { platform, signal });
    try {
      return await make();
    } catch (error) {
      if (pull !== "missing" || !(error instanceof ImageNotFound)) throw error;
    }
    await this.#images.pull(image, { platform, signal });
    return await make();
  }

  /**
   * Makes a container, holds its stdio and starts it. What fails on the way leaves no container behind.
   * @throws what `create` and `start` throw.
   *
   * @example
   * await using run = await engine.containers.run({ image: "busybox", command: ["echo", "hi"] });
   * const { stdout, exitCode } = await run.process.output();
   */
  async run(options: RunOptions): Promise<RunningContainer> {
    const container = await this.create(options);
    const { signal, stdin, autoRemove } = options;
    const discard = (): Promise<void> => container[Symbol.asyncDispose]();
    try {
      const condition = autoRemove ? "removed" : "next-exit";
      const process = await openStdio(this.#api, container.id, { stdin, signal, tty: Boolean(options.tty), condition });
      await container.start(signal);
      removeWhenAborted(signal, process, discard);
      return { container, process, [Symbol.asyncDispose]: () => discard().finally(() => process.detach()) };
    } catch (error) {
      await discard();
      throw error;
    }
  }

  /** Removes those that do not run. */
  async prune(
    options: { readonly filters?: FilterValues; readonly signal?: AbortSignal } = {},
  ): Promise<ContainerPruneResponse> {
    return await this.#api.containers.prune({ filters: options.filters }, options.signal);
  }
}

/** The readers already have the signal's reason; the removal has nobody to tell of its failure. */
function removeWhenAborted(signal: AbortSignal | undefined, process: Process, discard: () => Promise<void>): void {
  if (signal === undefined) return;
  const onAbort = (): void => void discard().catch(() => undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  const settled = (): void => signal.removeEventListener("abort", onAbort);
  process.exit.then(settled, settled);
}
