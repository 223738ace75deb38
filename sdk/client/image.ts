import type { ImageDeleteItem, ImageHistoryItem, ImageInspect } from "../contract/index.ts";
import type { ApiClient } from "./api/api-client.ts";
import { splitReference } from "./reference.ts";

/** An image on the engine, by the name or id that it was asked for. */
export class Image {
  /** Digest of its config: `sha256:…`. */
  readonly id: string;
  /** The name it was got by: a tag may come to mean another image later, an id not. */
  readonly reference: string;
  readonly #api: ApiClient;

  constructor(api: ApiClient, id: string, reference: string) {
    this.#api = api;
    this.id = id;
    this.reference = reference;
  }

  async inspect(signal?: AbortSignal): Promise<ImageInspect> {
    return await this.#api.images.inspect(this.id, {}, signal);
  }

  /** Its layers and the steps that made them, newest first. */
  async history(signal?: AbortSignal): Promise<ImageHistoryItem[]> {
    return await this.#api.images.history(this.id, signal);
  }

  /** Gives it another name: `registry.example.com/app:1.2`. A tag that was another image's moves. */
  async tag(reference: string, signal?: AbortSignal): Promise<void> {
    const { name: repo, tag } = splitReference(reference);
    await this.#api.images.tag(this.id, { repo, tag }, signal);
  }

  /**
   * Removes the name it was got by, and the image with its last name.
   * @throws Conflict while a container uses it; `force` takes the names away all the same.
   */
  async remove(options: RemoveImageOptions = {}): Promise<ImageDeleteItem[]> {
    const { force, keepParents: noprune, signal } = options;
    return await this.#api.images.remove(this.reference, { force, noprune }, signal);
  }
}

export interface RemoveImageOptions {
  readonly force?: boolean;
  /** Keeps parents without a name. */
  readonly keepParents?: boolean;
  readonly signal?: AbortSignal;
}
