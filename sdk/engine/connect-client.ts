import { ApiClient } from "../client/api/api-client.ts";
import { negotiateApiVersion } from "./api-version.ts";
import { findEngine, type FindOptions } from "./find.ts";

export interface ConnectOptions extends FindOptions {
  /** Speaks this version of the API ("1.43") instead of the newest that both sides know. DOCKER_API_VERSION without it. */
  readonly apiVersion?: string;
}

/** The API of the engine that `findEngine` finds. @throws EngineUnavailable with all that was tried. */
export async function connectClient(options: ConnectOptions = {}): Promise<ApiClient> {
  const wanted = options.apiVersion ?? (options.env ?? process.env)["DOCKER_API_VERSION"];
  const { transport, ping } = await findEngine(options);
  try {
    return new ApiClient(transport, negotiateApiVersion(ping.apiVersion, wanted), ping);
  } catch (error) {
    await transport[Symbol.asyncDispose]();
    throw error;
  }
}
