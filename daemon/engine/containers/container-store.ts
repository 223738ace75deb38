import { EngineError } from "../../base/errors.ts";
import type { Collection, Metadata } from "../../metadata/collection.ts";
import type { Container } from "../model/container.ts";
import { linkTarget, parseLinkName } from "../networks/legacy-links.ts";

/**
 * Container records: all of them in memory, each change written through. A record is replaced whole, never mutated, so a
 * reader's copy stays true to one moment.
 */
export class ContainerStore {
  readonly #rows: Collection<Container>;
  readonly #byId = new Map<string, Container>();
  readonly #idByName = new Map<string, string>();

  constructor(metadata: Metadata) {
    this.#rows = metadata.collection<Container>("containers", { unique: (container) => [container.name] });
    for (const container of this.#rows.all()) this.#index(container);
  }

  /** In no order. */
  all(): readonly Container[] {
    return [...this.#byId.values()];
  }

  find(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** By full id. @throws EngineError NotFound. */
  get(id: string): Container {
    const container = this.#byId.get(id);
    if (container === undefined) throw new EngineError("NotFound", `No such container: ${id}`);
    return container;
  }

  /** By id, name, link (`web/db`), or a prefix that only one id has, in that order. @throws EngineError NotFound, InvalidParameter (ambiguous). */
  resolve(ref: string): Container {
    const name = ref.startsWith("/") ? ref.slice(1) : ref;
    const exact = this.#byId.get(name) ?? this.#named(name) ?? this.#linked(name);
    if (exact !== undefined) return exact;
    const matches = name === "" ? [] : [...this.#byId.keys()].filter((id) => id.startsWith(name));
    const [only, another] = matches;
    if (only === undefined) throw new EngineError("NotFound", `No such container: ${ref}`);
    if (another !== undefined)
      throw new EngineError("InvalidParameter", `Multiple IDs found with provided prefix: ${ref}`);
    return this.get(only);
  }

  #named(name: string): Container | undefined {
    return this.#byId.get(this.#idByName.get(name) ?? "");
  }

  #linked(name: string): Container | undefined {
    const { holder = "", alias } = parseLinkName(name) ?? {};
    const container = this.#named(holder);
    if (container === undefined || alias === undefined) return undefined;
    return this.#byId.get(linkTarget(container, alias) ?? "");
  }

  nameTaken(name: string): string | undefined {
    return this.#idByName.get(name);
  }

  /** @throws EngineError Conflict when another container has the name. */
  put(container: Container): void {
    const holder = this.#idByName.get(container.name);
    if (holder !== undefined && holder !== container.id) {
      throw new EngineError(
        "Conflict",
        `Conflict. The container name "/${container.name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#rows.put(container.id, container);
    const before = this.#byId.get(container.id);
    if (before !== undefined && before.name !== container.name) this.#idByName.delete(before.name);
    this.#index(container);
  }

  /** Applies `change` to the record as it is now. @throws EngineError NotFound when it was removed meanwhile. */
  update(id: string, change: Partial<Container>): Container {
    const container = { ...this.get(id), ...change };
    this.put(container);
    return container;
  }

  /** Idempotent. */
  delete(id: string): void {
    const container = this.#byId.get(id);
    this.#rows.delete(id);
    this.#byId.delete(id);
    if (container !== undefined) this.#idByName.delete(container.name);
  }

  #index(container: Container): void {
    this.#byId.set(container.id, container);
    this.#idByName.set(container.name, container.id);
  }
}
