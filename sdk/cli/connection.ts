import { Caller } from "../client/api/caller.ts";
import { negotiateApiVersion } from "../engine/api-version.ts";
import { findEngine, type FindOptions, type Ping } from "../engine/find.ts";

/** The engine's API as a command calls it, and what the engine said of itself when it was found. */
export class EngineConnection extends Caller {
  readonly ping: Ping;

  constructor(transport: Caller["transport"], apiVersion: string, ping: Ping) {
    super(transport, apiVersion);
    this.ping = ping;
  }
}

/** @throws EngineUnavailable with all that was tried. */
export async function connectEngine(
  options: FindOptions & { readonly apiVersion?: string },
): Promise<EngineConnection> {
  const { transport, ping } = await findEngine(options);
  return new EngineConnection(transport, negotiateApiVersion(ping.apiVersion, options.apiVersion), ping);
}
