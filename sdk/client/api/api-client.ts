import type { Transport } from "../../transport/transport.ts";
import { Caller } from "./caller.ts";
import { ContainersApi } from "./containers-api.ts";
import { ExecsApi } from "./execs-api.ts";
import { ImagesApi } from "./images-api.ts";
import { NetworksApi } from "./networks-api.ts";
import { SystemApi } from "./system-api.ts";
import { VolumesApi } from "./volumes-api.ts";

/** What an engine says of itself on `GET /_ping`. */
export interface Ping {
  /** The newest API version it speaks: "1.51". */
  readonly apiVersion: string;
  readonly osType: string;
  /** "Slipway/0.1.0 (linux)", "Docker/20.10.24 (linux)" */
  readonly server: string;
  readonly builderVersion: string;
  readonly experimental: boolean;
}

/**
 * The engine's API, call for call: queries and bodies as the reference has them, answers as the engine sent them. The typed objects of
 * the SDK and the command both stand on it. The calls it inherits reach what has no method here.
 */
export class ApiClient extends Caller implements AsyncDisposable {
  /** What the engine said when it was found. */
  readonly ping: Ping;
  readonly containers = new ContainersApi(this);
  readonly execs = new ExecsApi(this);
  readonly images = new ImagesApi(this);
  readonly networks = new NetworksApi(this);
  readonly volumes = new VolumesApi(this);
  readonly system = new SystemApi(this);

  constructor(transport: Transport, apiVersion: string, ping: Ping) {
    super(transport, apiVersion);
    this.ping = ping;
  }

  /** Closes its connections; requests under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport[Symbol.asyncDispose]();
  }
}
