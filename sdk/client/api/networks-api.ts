import type {
  NetworkConnectBody,
  NetworkCreateBody,
  NetworkCreateResponse,
  NetworkDisconnectBody,
  NetworkInspect,
  NetworksPruneResponse,
  NetworkSummary,
} from "../../contract/index.ts";
import { filtersText, segment, type Caller, type FilterValues } from "./caller.ts";

/** `/networks`, as the API has it. `id` is an id, a unique prefix of one, or a name. */
export class NetworksApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async list(query: { readonly filters?: FilterValues } = {}, signal?: AbortSignal): Promise<NetworkSummary[]> {
    return await this.#caller.get("/networks", { filters: filtersText(query.filters) }, signal);
  }

  async create(body: NetworkCreateBody, signal?: AbortSignal): Promise<NetworkCreateResponse> {
    return await this.#caller.call("POST", "/networks/create", { json: body, signal });
  }

  async inspect(
    id: string,
    query: { readonly verbose?: boolean; readonly scope?: string } = {},
    signal?: AbortSignal,
  ): Promise<NetworkInspect> {
    return await this.#caller.get(`/networks/${segment(id)}`, query, signal);
  }

  async connect(id: string, body: NetworkConnectBody, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("POST", `/networks/${segment(id)}/connect`, { json: body, signal });
  }

  async disconnect(id: string, body: NetworkDisconnectBody, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("POST", `/networks/${segment(id)}/disconnect`, { json: body, signal });
  }

  async remove(id: string, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("DELETE", `/networks/${segment(id)}`, { signal });
  }

  async prune(query: { readonly filters?: FilterValues } = {}, signal?: AbortSignal): Promise<NetworksPruneResponse> {
    const filters = filtersText(query.filters);
    return await this.#caller.call("POST", "/networks/prune", { query: { filters }, signal });
  }
}
