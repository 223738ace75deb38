import type { Readable } from "node:stream";
import type { Volume as WireVolume, VolumesPruneResponse } from "../contract/index.ts";
import { NotFound } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import { segment, type FilterValues } from "./api/caller.ts";
import { FilesApi, type ByteSource } from "./api/files-api.ts";
import { Files } from "./files.ts";
import { packFolder, unpackInto } from "./folder-archive.ts";

export interface CreateVolumeOptions {
  /** Without one it is anonymous. */
  readonly name?: string;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A volume. Disposing it removes it. */
export class Volume implements AsyncDisposable {
  readonly name: string;
  /** Its files, whether a container uses it or not. Of Slipway's own daemon only. */
  readonly fs: Files;
  readonly #api: ApiClient;
  readonly #files: FilesApi;

  constructor(api: ApiClient, name: string) {
    this.#api = api;
    this.name = name;
    this.#files = new FilesApi(api, `/slipway/volumes/${segment(name)}`);
    this.fs = new Files(this.#files);
  }

  /** All of it, or a directory of it, as a tar stream: with owners, modes, times, attributes and holes. */
  async export(options: { readonly path?: string; readonly signal?: AbortSignal } = {}): Promise<Readable> {
    return await this.#files.export({ path: options.path }, options.signal);
  }

  /**
   * Writes what a tar archive (plain, gzip or zstd) holds into it. What has a name already is replaced; nothing leads out.
   * @throws InvalidParameter for an archive that is malformed or hostile; what came before its fault stays.
   */
  async import(
    archive: ByteSource,
    options: { readonly path?: string; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#files.import(archive, { path: options.path }, options.signal);
  }

  /** Writes the contents of a folder of this machine into it, as `import` does. */
  async importFolder(
    folder: string,
    options: { readonly path?: string; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.import(packFolder(folder), options);
  }

  /** Unpacks it, or a directory of it, into a folder of this machine, made when it is missing: a backup. */
  async exportTo(
    folder: string,
    options: { readonly path?: string; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await unpackInto(folder, await this.export(options), options.signal);
  }

  async inspect(signal?: AbortSignal): Promise<WireVolume> {
    return await this.#api.volumes.inspect(this.name, signal);
  }

  /** @throws Conflict while a container uses it. */
  async remove(options: { readonly force?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#api.volumes.remove(this.name, { force: options.force }, options.signal);
  }

  /** Removes it; one that is gone already is as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.remove();
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
}

/** The volumes of an engine: `engine.volumes`. */
export class Volumes {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async list(options: { readonly filters?: FilterValues; readonly signal?: AbortSignal } = {}): Promise<WireVolume[]> {
    return (await this.#api.volumes.list({ filters: options.filters }, options.signal)).Volumes ?? [];
  }

  /** @throws NotFound */
  async get(name: string, signal?: AbortSignal): Promise<Volume> {
    const { Name } = await this.#api.volumes.inspect(name, signal);
    return new Volume(this.#api, Name);
  }

  /** One of that name that is there already is the result. */
  async create(options: CreateVolumeOptions = {}): Promise<Volume> {
    const { name, driver, driverOptions, labels, signal } = options;
    const body = { Name: name, Driver: driver, DriverOpts: driverOptions, Labels: labels };
    const { Name } = await this.#api.volumes.create(body, signal);
    return new Volume(this.#api, Name);
  }

  /** @throws Conflict while a container uses it. */
  async remove(name: string, options: { readonly force?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#api.volumes.remove(name, { force: options.force }, options.signal);
  }

  /** Removes anonymous volumes that nothing uses; with `all`, also those with a name. */
  async prune(
    options: { readonly all?: boolean; readonly filters?: FilterValues; readonly signal?: AbortSignal } = {},
  ): Promise<VolumesPruneResponse> {
    const all: FilterValues = options.all ? { all: ["true"] } : {};
    return await this.#api.volumes.prune({ filters: { ...all, ...options.filters } }, options.signal);
  }
}
