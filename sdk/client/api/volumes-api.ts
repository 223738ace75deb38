import type { Volume, VolumeCreateBody, VolumeListResponse, VolumesPruneResponse } from "../../contract/index.ts";
import { filtersText, segment, type Caller, type FilterValues } from "./caller.ts";

/** `/volumes`, as the API has it. */
export class VolumesApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async list(query: { readonly filters?: FilterValues } = {}, signal?: AbortSignal): Promise<VolumeListResponse> {
    return await this.#caller.get("/volumes", { filters: filtersText(query.filters) }, signal);
  }

  /** One that is there already is answered as it is. */
  async create(body: VolumeCreateBody, signal?: AbortSignal): Promise<Volume> {
    return await this.#caller.call("POST", "/volumes/create", { json: body, signal });
  }

  async inspect(name: string, signal?: AbortSignal): Promise<Volume> {
    return await this.#caller.get(`/volumes/${segment(name)}`, {}, signal);
  }

  async remove(name: string, query: { readonly force?: boolean } = {}, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("DELETE", `/volumes/${segment(name)}`, { query, signal });
  }

  /** Anonymous ones only, unless the filter `all` says otherwise. */
  async prune(query: { readonly filters?: FilterValues } = {}, signal?: AbortSignal): Promise<VolumesPruneResponse> {
    const filters = filtersText(query.filters);
    return await this.#caller.call("POST", "/volumes/prune", { query: { filters }, signal });
  }
}
