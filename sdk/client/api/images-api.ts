import type { Readable } from "node:stream";
import type {
  AuthConfig,
  AuthResponse,
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImagesPruneResponse,
  ImageSummary,
  ProgressMessage,
} from "../../contract/index.ts";
import { filtersText, segment, type Caller, type FilterValues } from "./caller.ts";

type Progress = AsyncGenerator<ProgressMessage, void, undefined>;
type Archive = Readable | AsyncIterable<Uint8Array> | Uint8Array;

export interface ListImagesQuery {
  readonly all?: boolean;
  readonly digests?: boolean;
  readonly "shared-size"?: boolean;
  readonly manifests?: boolean;
  readonly filters?: FilterValues;
}

/** `/images` and `/auth`, as the API has them. Progress may hold errors: see `progressOf`. */
export class ImagesApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async list(query: ListImagesQuery = {}, signal?: AbortSignal): Promise<ImageSummary[]> {
    return await this.#caller.get("/images/json", { ...query, filters: filtersText(query.filters) }, signal);
  }

  async inspect(
    name: string,
    query: { readonly manifests?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<ImageInspect> {
    return await this.#caller.get(`/images/${segment(name)}/json`, query, signal);
  }

  async history(name: string, signal?: AbortSignal): Promise<ImageHistoryItem[]> {
    return await this.#caller.get(`/images/${segment(name)}/history`, {}, signal);
  }

  /** `tag` is a tag or a digest; `fromImage` without one pulls all tags. */
  pull(
    query: { readonly fromImage: string; readonly tag?: string; readonly platform?: string },
    auth?: AuthConfig,
    signal?: AbortSignal,
  ): Progress {
    return this.#caller.lines("POST", "/images/create", { query, headers: authHeader(auth), signal });
  }

  /** Without a tag, all of them. Engines before 1.46 take no platform. */
  push(
    name: string,
    query: { readonly tag?: string; readonly platform?: string } = {},
    auth?: AuthConfig,
    signal?: AbortSignal,
  ): Progress {
    // The header must be there, and the empty object is Docker's "none".
    const headers = authHeader(auth ?? {});
    return this.#caller.lines("POST", `/images/${segment(name)}/push`, { query, headers, signal });
  }

  load(
    archive: Archive,
    query: { readonly quiet?: boolean; readonly platform?: string } = {},
    signal?: AbortSignal,
  ): Progress {
    const headers = { "content-type": "application/x-tar" };
    return this.#caller.lines("POST", "/images/load", { query, headers, body: archive, signal });
  }

  /** `fromSrc` is "-" for `body`, or an address that the engine fetches. */
  import(
    query: {
      readonly fromSrc: string;
      readonly repo?: string;
      readonly tag?: string;
      readonly message?: string;
      /** Dockerfile instructions that are applied. */
      readonly changes?: readonly string[];
      readonly platform?: string;
    },
    body?: Archive,
    signal?: AbortSignal,
  ): Progress {
    const headers = { "content-type": "application/x-tar" };
    return this.#caller.lines("POST", "/images/create", { query, headers, body, signal });
  }

  /** A tar archive of the images. */
  async save(
    names: readonly string[],
    query: { readonly platform?: string } = {},
    signal?: AbortSignal,
  ): Promise<Readable> {
    return await this.#caller.open("GET", "/images/get", { query: { names, ...query }, signal });
  }

  async tag(
    name: string,
    query: { readonly repo: string; readonly tag?: string },
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#caller.call("POST", `/images/${segment(name)}/tag`, { query, signal });
  }

  async remove(
    name: string,
    query: { readonly force?: boolean; readonly noprune?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<ImageDeleteItem[]> {
    return await this.#caller.call("DELETE", `/images/${segment(name)}`, { query, signal });
  }

  async prune(query: { readonly filters?: FilterValues } = {}, signal?: AbortSignal): Promise<ImagesPruneResponse> {
    const filters = filtersText(query.filters);
    return await this.#caller.call("POST", "/images/prune", { query: { filters }, signal });
  }

  /** Checks credentials with their registry. */
  async login(auth: AuthConfig, signal?: AbortSignal): Promise<AuthResponse> {
    return await this.#caller.call("POST", "/auth", { json: auth, signal });
  }
}

/** API reference, "Authentication": JSON in base64url, with padding. */
function authHeader(auth: AuthConfig | undefined): Readonly<Record<string, string>> {
  if (auth === undefined) return {};
  const text = Buffer.from(JSON.stringify(auth)).toString("base64");
  return { "x-registry-auth": text.replaceAll("+", "-").replaceAll("/", "_") };
}
