import type { Readable } from "node:stream";
import type { AuthConfig, ImagesPruneResponse, ImageSummary } from "../contract/index.ts";
import { NotFound } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { FilterValues } from "./api/caller.ts";
import { registryKey } from "./credentials.ts";
import { packFolder } from "./folder-archive.ts";
import { Image, type RemoveImageOptions } from "./image.ts";
import { progressOperation, type SeenProgress } from "./image-operations.ts";
import type { Operation } from "./operation.ts";
import { splitReference } from "./reference.ts";

/** An archive to send: bytes in pieces, or at once. */
export type ArchiveSource = Readable | AsyncIterable<Uint8Array> | Uint8Array;

/** Finds credentials for a registry. The engine's own reads the user's config.json. */
export type CredentialsSource = (registryKey: string, signal?: AbortSignal) => Promise<AuthConfig | undefined>;

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** A refresh token, instead of the two. */
  readonly identityToken?: string;
}

export interface PullOptions {
  /** `linux/arm64/v8`. The engine's own without it. */
  readonly platform?: string;
  /** Instead of what the user's config.json has for the registry. */
  readonly credentials?: Credentials;
  /** Cancels the work on the engine as well. */
  readonly signal?: AbortSignal;
}

export interface ImportOptions {
  /** The new image's name: `app:1.0`. */
  readonly reference?: string;
  readonly message?: string;
  /** Dockerfile instructions for its config: `CMD ["sh"]`. */
  readonly changes?: readonly string[];
  readonly platform?: string;
  readonly signal?: AbortSignal;
}

/** What a push made in the registry. */
export interface PushResult {
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  /** Bytes of the manifest. */
  readonly size: number | undefined;
}

/** The images of an engine: `engine.images`. */
export class Images {
  readonly #api: ApiClient;
  readonly #credentials: CredentialsSource;

  constructor(api: ApiClient, credentials: CredentialsSource) {
    this.#api = api;
    this.#credentials = credentials;
  }

  async list(
    options: { readonly all?: boolean; readonly filters?: FilterValues; readonly signal?: AbortSignal } = {},
  ): Promise<ImageSummary[]> {
    const { all, filters, signal } = options;
    return await this.#api.images.list({ all, filters }, signal);
  }

  /** The image of a full id that the caller knows: nothing is asked, and it may be gone. */
  withId(id: string): Image {
    return new Image(this.#api, id, id);
  }

  /** By name or id. @throws ImageNotFound */
  async get(reference: string, signal?: AbortSignal): Promise<Image> {
    const { Id } = await this.#api.images.inspect(reference, {}, signal);
    return new Image(this.#api, Id, reference);
  }

  /** As `get`, with undefined for an image that is not there. */
  async find(reference: string, signal?: AbortSignal): Promise<Image | undefined> {
    try {
      return await this.get(reference, signal);
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /**
   * Brings an image from its registry; a name without a tag means `latest`.
   * @throws ImageNotFound, RegistryAuth
   */
  pull(reference: string, options: PullOptions = {}): Operation<Image> {
    const { name, tag = "latest" } = splitReference(reference);
    const query = { fromImage: name, tag, platform: options.platform };
    return progressOperation(
      async (signal) => this.#api.images.pull(query, await this.#auth(reference, options, signal), signal),
      () => this.get(reference, options.signal),
      options.signal,
    );
  }

  /** Sends an image to the registry in its name. @throws ImageNotFound, RegistryAuth */
  push(reference: string, options: PullOptions = {}): Operation<PushResult> {
    const { name, tag = "latest" } = splitReference(reference);
    const query = { tag, platform: options.platform };
    return progressOperation(
      async (signal) => this.#api.images.push(name, query, await this.#auth(reference, options, signal), signal),
      pushResult,
      options.signal,
    );
  }

  /** Reads the images of an archive that `save` or `docker save` wrote, or of an OCI layout; gzip, zstd and xz are understood. */
  load(
    archive: ArchiveSource,
    options: { readonly platform?: string; readonly signal?: AbortSignal } = {},
  ): Operation<Image[]> {
    const { platform } = options;
    return progressOperation(
      (signal) => this.#api.images.load(archive, { quiet: false, platform }, signal),
      ({ texts }) => Promise.all(loadedNames(texts).map((name) => this.get(name, options.signal))),
      options.signal,
    );
  }

  /** A tar archive of images with their names. To be read to its end, or destroyed. */
  async save(
    references: string | readonly string[],
    options: { readonly platform?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Readable> {
    const names = typeof references === "string" ? [references] : references;
    return await this.#api.images.save(names, { platform: options.platform }, options.signal);
  }

  /** Makes an image of one layer from a file tree in a tar archive. */
  import(tree: ArchiveSource, options: ImportOptions = {}): Operation<Image> {
    const { reference, message, changes, platform } = options;
    const { name: repo, tag } = reference === undefined ? { name: undefined } : splitReference(reference);
    const query = { fromSrc: "-", repo, tag, message, changes, platform };
    let id = "";
    return progressOperation(
      async function* (this: Images, signal: AbortSignal) {
        // The id of the new image comes as the status of a line.
        for await (const line of this.#api.images.import(query, tree, signal)) {
          if (line.status?.startsWith("sha256:")) id = line.status;
          yield line;
        }
      }.bind(this),
      () => new Image(this.#api, id, reference ?? id),
      options.signal,
    );
  }

  /** Makes an image of one layer from a folder of this machine. */
  importFolder(folder: string, options: ImportOptions = {}): Operation<Image> {
    return this.import(packFolder(folder), options);
  }

  /** Removes a name, and the image with its last one. @throws ImageNotFound, Conflict */
  async remove(reference: string, options: RemoveImageOptions = {}): Promise<void> {
    const { force, keepParents: noprune, signal } = options;
    await this.#api.images.remove(reference, { force, noprune }, signal);
  }

  /** Removes images without a name that nothing uses; with `all`, also those with one. */
  async prune(
    options: { readonly all?: boolean; readonly filters?: FilterValues; readonly signal?: AbortSignal } = {},
  ): Promise<ImagesPruneResponse> {
    const dangling: FilterValues = options.all ? { dangling: ["false"] } : {};
    return await this.#api.images.prune({ filters: { ...dangling, ...options.filters } }, options.signal);
  }

  /**
   * Checks credentials with a registry; nothing is stored. Resolves to the token that the registry gave for them, if any.
   * @throws RegistryAuth
   */
  async login(registry: string, credentials: Credentials, signal?: AbortSignal): Promise<string | undefined> {
    const answer = await this.#api.images.login({ ...wireAuth(credentials), serveraddress: registry }, signal);
    return answer.IdentityToken || undefined;
  }

  async #auth(reference: string, options: PullOptions, signal: AbortSignal): Promise<AuthConfig | undefined> {
    const key = registryKey(reference);
    if (options.credentials === undefined) return await this.#credentials(key, signal);
    return { ...wireAuth(options.credentials), serveraddress: key };
  }
}

function wireAuth({ username, password, identityToken }: Credentials): AuthConfig {
  return { username, password, identitytoken: identityToken };
}

function pushResult({ aux }: SeenProgress): PushResult {
  const { Tag, Digest, Size } = (aux.findLast((value) => "Digest" in value) ?? {}) as {
    Tag?: string;
    Digest?: string;
    Size?: number;
  };
  return { tag: Tag, digest: Digest, size: Size };
}

/** `Loaded image: busybox:latest`, or `Loaded image ID: sha256:…` for one without a name. */
function loadedNames(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => /^Loaded image(?: ID)?: (\S+)/m.exec(text)?.[1] ?? []);
}
