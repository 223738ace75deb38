import { type Digest, digestOf } from "../base/digest.ts";
import { EngineError, messageOf } from "../base/errors.ts";
import { MANIFEST_LIMIT } from "../oci/manifest.ts";
import { ACCEPTED, bareMediaType } from "../oci/media-types.ts";
import type { Readable } from "node:stream";
import { ATTEMPTS, backOff, delayBefore } from "./back-off.ts";
import {
  discard,
  exchange,
  type ExchangeDeps,
  readBytes,
  type RegistryRequest,
  type RegistryResponse,
  resolveLocation,
} from "./exchange.ts";
import { RegistryError } from "./registry-error.ts";

export interface Endpoint {
  readonly base: URL;
  readonly mirror: boolean;
  readonly exchange: ExchangeDeps;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  /** As the registry called it. */
  readonly mediaType: string;
  /** Of the bytes; no header is trusted. */
  readonly digest: Digest;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const REFERENCE = /^(?:sha256:[a-f0-9]{64}|\w[\w.-]{0,127})$/;

/** One registry for one user (distribution-spec 1.1): pull from its mirrors and itself, push to itself. */
export class RegistryClient {
  readonly #endpoints: readonly Endpoint[];
  #own: Promise<Endpoint> | undefined;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  /**
   * Finds the endpoint that answers: of an insecure registry https, then http.
   * @throws EngineError Unavailable when none does; Unauthorized when it refuses the credentials.
   */
  async ping(signal: AbortSignal): Promise<void> {
    const { base, exchange: deps } = await this.#ownEndpoint(signal);
    const response = await exchange(
      deps,
      { method: "GET", url: new URL("v2/", base), scope: "", accept: [200] },
      signal,
    );
    await discard(response.body);
  }

  /** By tag or digest. @throws RegistryError NotFound, Unauthorized; DataLoss when the bytes are not those of the digest. */
  async manifest(name: string, reference: string, signal: AbortSignal): Promise<FetchedManifest> {
    return await this.#read(signal, async (endpoint) => {
      const ask = this.#manifestRequest("GET", endpoint, name, reference);
      const response = await exchange(endpoint.exchange, ask, signal);
      const bytes = await readBytes(response.body, MANIFEST_LIMIT);
      const digest = digestOf(bytes);
      if (reference.startsWith("sha256:") && digest !== reference) {
        throw new EngineError("DataLoss", `manifest verification failed for digest ${reference}`);
      }
      return { bytes, mediaType: bareMediaType(response.header("content-type") ?? ""), digest };
    });
  }

  #manifestRequest(method: "GET" | "HEAD", { base }: Endpoint, name: string, reference: string): RegistryRequest {
    const url = repositoryUrl(base, name, `manifests/${checkedReference(reference)}`);
    return { method, url, scope: pullScope(name), headers: { accept: ACCEPTED.join(", ") }, accept: [200] };
  }

  /**
   * The bytes of a blob from `offset` on. A body that is cut goes on with a Range request where it stopped, as long as each
   * attempt brings something. Its digest is the caller's to check; more bytes than `size` are refused.
   */
  async *blob(name: string, { digest, size }: BlobInfo, offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    let position = offset;
    for (let fruitless = 0; position < size;) {
      const before = position;
      try {
        for await (const chunk of this.#blobFrom(name, digest, position, signal)) {
          position += chunk.length;
          if (position > size) throw new EngineError("DataLoss", `blob ${digest} is larger than its descriptor says`);
          yield chunk;
        }
        if (position === size) return;
        throw new Error(`unexpected EOF at byte ${position} of ${size}`);
      } catch (cause) {
        signal.throwIfAborted();
        const error = cause instanceof EngineError ? cause : cutShort(digest, cause);
        const final = error instanceof EngineError && (error instanceof RegistryError || error.kind !== "Unavailable");
        fruitless = position > before ? 1 : fruitless + 1;
        const delay = delayBefore(fruitless, this.#retryDelay, undefined);
        if (final || fruitless >= ATTEMPTS || delay === undefined) throw error;
        await backOff(delay, signal);
      }
    }
  }

  get #retryDelay(): number {
    return this.#endpoints.at(-1)?.exchange.retryDelayMs ?? 0;
  }

  async *#blobFrom(name: string, digest: Digest, position: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const response = await this.#read(signal, async (endpoint) => {
      const url = repositoryUrl(endpoint.base, name, `blobs/${checkedReference(digest)}`);
      // Compression on the way would make the length and the Range mean something else.
      const headers = { "accept-encoding": "identity", ...(position > 0 ? { range: `bytes=${position}-` } : {}) };
      return await exchange(
        endpoint.exchange,
        { method: "GET", url, scope: pullScope(name), headers, accept: [200, 206] },
        signal,
      );
    });
    // A server that does not know ranges begins anew.
    let skip = position > 0 && response.status === 200 ? position : 0;
    checkRange(response, position);
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      yield chunk.subarray(skip);
      skip = 0;
    }
  }

  /** Whether the registry itself (not a mirror) has a blob already. */
  async hasBlob(name: string, digest: Digest, signal: AbortSignal): Promise<boolean> {
    const { base, exchange: deps } = await this.#ownEndpoint(signal);
    const url = repositoryUrl(base, name, `blobs/${checkedReference(digest)}`);
    const response = await exchange(deps, { method: "HEAD", url, scope: pushScope(name), accept: [200, 404] }, signal);
    await discard(response.body);
    return response.status === 200;
  }

  /**
   * Opens an upload session, or mounts the blob from another repository of the same registry.
   * @returns where to upload; undefined when it was mounted.
   */
  async startUpload(
    name: string,
    mount: { readonly digest: Digest; readonly from: string } | undefined,
    signal: AbortSignal,
  ): Promise<URL | undefined> {
    const { base, exchange: deps } = await this.#ownEndpoint(signal);
    const url = repositoryUrl(base, name, "blobs/uploads/");
    let scope = pushScope(name);
    if (mount !== undefined) {
      url.searchParams.set("mount", checkedReference(mount.digest));
      url.searchParams.set("from", checkedName(mount.from));
      scope += ` ${pullScope(mount.from)}`;
    }
    const ask: RegistryRequest = { method: "POST", url, scope, headers: { "content-length": "0" }, accept: [201, 202] };
    const response = await exchange(deps, ask, signal);
    await discard(response.body);
    if (response.status === 201) return undefined;
    const location = response.header("location");
    if (location === undefined)
      throw new EngineError("Unavailable", `${base.origin} opened an upload without saying where`);
    return resolveLocation(location, response.url, deps.insecure);
  }

  /** The whole blob in one request. `open` gives its bytes from the start. */
  async upload(
    name: string,
    session: URL,
    { digest, size }: BlobInfo,
    open: () => Readable,
    signal: AbortSignal,
  ): Promise<void> {
    const { base, exchange: deps } = await this.#ownEndpoint(signal);
    const url = new URL(session);
    url.searchParams.set("digest", digest);
    // Elsewhere our token is nobody's business.
    const elsewhere = url.origin !== base.origin;
    const headers = { "content-type": "application/octet-stream", "content-length": String(size) };
    const scope = elsewhere ? "elsewhere" : pushScope(name);
    // A session is used up by an attempt, so trying again means a new one: the caller's.
    const ask: RegistryRequest = { method: "PUT", url, scope, headers, body: open, accept: [201, 204], attempts: 1 };
    const response = await exchange(deps, ask, signal);
    await discard(response.body);
  }

  /** @throws RegistryError as the registry says; DataLoss when it stored something else. */
  async putManifest(
    name: string,
    reference: string,
    mediaType: string,
    bytes: Buffer,
    signal: AbortSignal,
  ): Promise<Digest> {
    const { base, exchange: deps } = await this.#ownEndpoint(signal);
    const url = repositoryUrl(base, name, `manifests/${checkedReference(reference)}`);
    const headers = { "content-type": mediaType, "content-length": String(bytes.length) };
    const ask: RegistryRequest = {
      method: "PUT",
      url,
      scope: pushScope(name),
      headers,
      body: () => bytes,
      accept: [201],
    };
    const response = await exchange(deps, ask, signal);
    await discard(response.body);
    const digest = digestOf(bytes);
    const stored = response.header("docker-content-digest");
    if (stored !== undefined && stored.startsWith("sha256:") && stored !== digest) {
      throw new EngineError("DataLoss", `registry stored manifest ${stored}, not ${digest}`);
    }
    return digest;
  }

  /** Mirrors first; what is wrong with a mirror is no reason to fail. */
  async #read<T>(signal: AbortSignal, from: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    for (const mirror of this.#endpoints.filter((each) => each.mirror)) {
      try {
        return await from(mirror);
      } catch {
        signal.throwIfAborted();
      }
    }
    return await from(await this.#ownEndpoint(signal));
  }

  async #ownEndpoint(signal: AbortSignal): Promise<Endpoint> {
    this.#own ??= this.#findOwn(signal);
    try {
      return await this.#own;
    } catch (error) {
      this.#own = undefined;
      throw error;
    }
  }

  async #findOwn(signal: AbortSignal): Promise<Endpoint> {
    const own = this.#endpoints.filter((each) => !each.mirror);
    for (const [at, endpoint] of own.entries()) {
      const url = new URL("v2/", endpoint.base);
      const last = at === own.length - 1;
      try {
        // Without credentials and patience: this only asks who is there.
        const ask: RegistryRequest = { method: "GET", url, scope: "", accept: "any", attempts: 1 };
        const response = await exchange({ ...endpoint.exchange, authorization: undefined }, ask, signal);
        await discard(response.body);
        return endpoint;
      } catch (error) {
        if (last || signal.aborted || !(error instanceof EngineError) || error.kind !== "Unavailable") throw error;
      }
    }
    throw new EngineError("Internal", "registry without endpoints");
  }
}

function cutShort(digest: Digest, cause: unknown): EngineError {
  return new EngineError("Unavailable", `error pulling blob ${digest}: ${messageOf(cause)}`, { cause });
}

/** RFC 9110, 14.4. A part that begins elsewhere would be put together wrongly. */
function checkRange({ status, header, body }: RegistryResponse, position: number): void {
  if (status !== 206) return;
  const range = header("content-range") ?? "";
  if (range.startsWith(`bytes ${position}-`)) return;
  body.destroy();
  throw new EngineError(
    "Unavailable",
    `registry answered with range ${JSON.stringify(range.slice(0, 100))}, asked from byte ${position}`,
  );
}

const pullScope = (name: string): string => `repository:${name}:pull`;
const pushScope = (name: string): string => `repository:${name}:pull,push`;

/** The URL is built of checked parts alone, so that no name can lead to another path (CVE-2024-3727). */
function repositoryUrl(base: URL, name: string, rest: string): URL {
  return new URL(`v2/${checkedName(name)}/${rest}`, base);
}

function checkedName(name: string): string {
  if (!NAME.test(name))
    throw new EngineError("InvalidParameter", `invalid repository name: ${JSON.stringify(name.slice(0, 300))}`);
  return name;
}

function checkedReference(reference: string): string {
  if (!REFERENCE.test(reference))
    throw new EngineError("InvalidParameter", `invalid tag or digest: ${JSON.stringify(reference.slice(0, 200))}`);
  return reference;
}
