import { containerOf, type Container } from "./container.ts";
import { imageOf, type Image } from "./image.ts";
import { networkOf, type Network } from "./network.ts";
import { ObjectStore } from "./object-store.ts";
import { volumeOf, type Volume } from "./volume.ts";
import type { wire } from "../../sdk/index.ts";

export type Kind = "containers" | "images" | "networks" | "volumes";

/** What happened, as far as it matters here. */
export interface Happening {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The part of an engine that is mirrored. */
export interface MirrorSource {
  /** With `ids`, only those of them that there are. */
  containers(signal: AbortSignal, ids?: readonly string[]): Promise<readonly wire.ContainerSummary[]>;
  images(signal: AbortSignal): Promise<readonly wire.ImageSummary[]>;
  networks(signal: AbortSignal): Promise<readonly wire.NetworkSummary[]>;
  volumes(signal: AbortSignal): Promise<readonly wire.Volume[]>;
  /** Resolves when the engine listens; the events end when the connection does. */
  events(signal: AbortSignal): Promise<AsyncIterable<Happening>>;
}

/** Actions that change nothing a list shows; exec and health probes would else ask for a container every few seconds. */
const SILENT = /^(exec_|top$|resize$|attach$|detach$|export$|archive-path$|copy$|save$|push$)/;
const KIND_OF: Readonly<Record<string, Kind>> = { image: "images", network: "networks", volume: "volumes" };

/**
 * The engine's objects here, listed once and then kept by its events: nothing polls. A kind is listed when somebody first wants it.
 * Each request stands alone: one that never answers leaves the other objects fresh.
 */
export class EngineMirror {
  readonly containers = new ObjectStore<Container>(({ id }) => id);
  readonly images = new ObjectStore<Image>(({ id }) => id);
  readonly networks = new ObjectStore<Network>(({ id }) => id);
  readonly volumes = new ObjectStore<Volume>(({ name }) => name);
  readonly #onError: (error: unknown) => void;
  readonly #onEvent: (event: Happening) => void;
  readonly #wanted = new Set<Kind>();
  readonly #stale = new Set<Kind>();
  readonly #staleContainers = new Set<string>();
  /** The newest request about a container: an older answer must not undo a newer one. */
  readonly #asked = new Map<string, number>();
  #requests = 0;
  #scheduled = false;
  #live: { readonly source: MirrorSource; readonly signal: AbortSignal } | undefined;

  constructor(deps: { onError?: (error: unknown) => void; onEvent?: (event: Happening) => void } = {}) {
    this.#onError = deps.onError ?? (() => undefined);
    this.#onEvent = deps.onEvent ?? (() => undefined);
  }

  /** Follows an engine until its events end or the signal is aborted. What was known of the one before is replaced. */
  async follow(source: MirrorSource, signal: AbortSignal, onLive?: () => void): Promise<void> {
    const events = await source.events(signal);
    this.#live = { source, signal };
    onLive?.();
    // Listening already: what happens during the lists is heard, and asked about once more.
    for (const kind of this.#wanted) this.#refresh(kind);
    try {
      for await (const event of events) this.#take(event);
    } finally {
      if (this.#live?.signal === signal) this.#live = undefined;
    }
  }

  /** From now on this kind is mirrored. */
  want(kind: Kind): void {
    if (this.#wanted.has(kind)) return;
    this.#wanted.add(kind);
    this.#refresh(kind);
  }

  /** Lists all wanted kinds anew. */
  refresh(): void {
    for (const kind of this.#wanted) this.#refresh(kind);
  }

  /** Another engine: nothing of the old one may be shown any more. */
  clear(): void {
    for (const kind of ["containers", "images", "networks", "volumes"] as const) this[kind].clear();
  }

  #take(event: Happening): void {
    this.#onEvent(event);
    if (SILENT.test(event.action)) return;
    const kind = KIND_OF[event.type];
    if (kind !== undefined && this.#wanted.has(kind)) this.#stale.add(kind);
    const container = event.type === "container" ? event.id : event.attributes["container"];
    if (container !== undefined && this.#wanted.has("containers")) this.#staleContainers.add(container);
    this.#schedule();
  }

  /** All events that came together make one request. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const kinds = [...this.#stale];
      const ids = [...this.#staleContainers];
      this.#stale.clear();
      this.#staleContainers.clear();
      for (const kind of kinds) this.#refresh(kind);
      if (ids.length > 0) this.#refreshContainers(ids);
    });
  }

  #refresh(kind: Kind): void {
    this.#request(async ({ source, signal }) => {
      const request = this.#number(kind);
      const fresh = (): boolean => this.#asked.get(kind) === request && !signal.aborted;
      switch (kind) {
        case "containers": {
          const list = (await source.containers(signal)).map(containerOf);
          return fresh() && this.containers.replace(this.#newest(list, request));
        }
        case "images": {
          const list = (await source.images(signal)).map(imageOf);
          return fresh() && this.images.replace(list);
        }
        case "networks": {
          const list = (await source.networks(signal)).map(networkOf);
          return fresh() && this.networks.replace(list);
        }
        case "volumes": {
          const list = (await source.volumes(signal)).map(volumeOf);
          return fresh() && this.volumes.replace(list);
        }
      }
    }, this[kind]);
  }

  /** A container that was asked about since this request has its newer answer, which may be that it is gone. */
  #newest(list: readonly Container[], request: number): readonly Container[] {
    const asked = (id: string): number => this.#asked.get(id) ?? 0;
    const kept = this.containers.values().filter(({ id }) => asked(id) > request);
    for (const [key, number] of this.#asked) if (number < request) this.#asked.delete(key);
    return [...list.filter(({ id }) => asked(id) < request), ...kept];
  }

  #refreshContainers(ids: readonly string[]): void {
    this.#request(async ({ source, signal }) => {
      const requests = new Map(ids.map((id) => [id, this.#number(id)]));
      const found = (await source.containers(signal, ids)).map(containerOf);
      if (signal.aborted) return;
      const fresh = ids.filter((id) => this.#asked.get(id) === requests.get(id));
      const there = found.filter(({ id }) => fresh.includes(id));
      const gone = fresh.filter((id) => !there.some((each) => each.id === id));
      this.containers.update(there, gone);
    });
  }

  #number(key: string): number {
    this.#asked.set(key, ++this.#requests);
    return this.#requests;
  }

  /** @param asked what is told when the engine refuses */
  #request(
    work: (live: { source: MirrorSource; signal: AbortSignal }) => Promise<unknown>,
    asked?: { refuse(): void },
  ): void {
    const live = this.#live;
    if (live === undefined) return;
    work(live).catch((error: unknown) => {
      if (live.signal.aborted) return;
      asked?.refuse();
      this.#onError(error);
    });
  }
}
