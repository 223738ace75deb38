import type { SystemDataUsage, SystemInfo, SystemVersion } from "../contract/index.ts";
import type { ApiClient, Ping } from "../client/api/api-client.ts";
import { Containers } from "../client/containers.ts";
import { credentialsFor } from "../client/credentials.ts";
import { engineEvents, type EngineEvent, type EventOptions } from "../client/events.ts";
import { startExec, type ExecOptions } from "../client/exec.ts";
import { Images, type CredentialsSource } from "../client/images.ts";
import { Networks } from "../client/networks.ts";
import type { Process } from "../client/process.ts";
import { Volumes } from "../client/volumes.ts";
import { dockerConfigFolder, readDockerConfig } from "../transport/docker-config.ts";
import { endpointText } from "../transport/endpoint.ts";
import { connectClient, type ConnectOptions } from "./connect-client.ts";
import { ping } from "./find.ts";
import { startDaemon, type OwnedDaemon, type StartOptions } from "./start.ts";

/**
 * A container engine: one that runs already (`connect`), or one of our own that ends with us (`start`).
 *
 * What its methods take is in camelCase, with the units named; what they give back from the engine (list, inspect, info) has Docker's
 * own names, typed by the contract. Every method that takes a `signal` rejects with its reason when it is aborted. Errors are
 * {@link SlipwayError}s.
 *
 * @example
 * await using engine = await Engine.start();
 * await using run = await engine.containers.run({ image: "busybox", command: ["echo", "hi"] });
 * console.log((await run.process.output()).stdout);
 */
export class Engine implements AsyncDisposable {
  /** The API, call for call, for what the rest does not reach. */
  readonly api: ApiClient;
  readonly containers: Containers;
  readonly images: Images;
  readonly networks: Networks;
  readonly volumes: Volumes;
  /** Of an engine that was started here: its process. */
  readonly daemon: OwnedDaemon | undefined;

  private constructor(api: ApiClient, credentials: CredentialsSource, daemon?: OwnedDaemon) {
    this.api = api;
    this.daemon = daemon;
    this.images = new Images(api, credentials);
    this.containers = new Containers(api, this.images);
    this.networks = new Networks(api);
    this.volumes = new Volumes(api);
  }

  /**
   * Connects to an engine that runs, ours or Docker's: the one that `options` name, else DOCKER_HOST's, else the current docker context's,
   * else the first of the usual sockets that answers.
   * @throws EngineUnavailable with what was tried and why each failed.
   */
  static async connect(options: ConnectOptions = {}): Promise<Engine> {
    const api = await connectClient(options);
    return new Engine(api, userCredentials(options.env ?? process.env));
  }

  /**
   * Starts the bundled engine on a socket and a data root of its own, as root. It ends with this object or with this process, however that
   * ends; containers that still run end with it.
   * @throws EngineUnavailable with the end of its log; SlipwayError NotImplemented where there is no Node to run it with.
   */
  static async start(options: StartOptions = {}): Promise<Engine> {
    const daemon = await startDaemon(options);
    try {
      const api = await connectClient({ host: `unix://${daemon.socket}`, signal: options.signal });
      return new Engine(api, userCredentials(process.env), daemon);
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** In docker's notation, for DOCKER_HOST: `unix:///run/slipway/slipway.sock`. */
  get host(): string {
    return endpointText(this.api.transport.endpoint);
  }

  async ping(signal?: AbortSignal): Promise<Ping> {
    return await ping(this.api.transport, signal);
  }

  async version(signal?: AbortSignal): Promise<SystemVersion> {
    return await this.api.system.version(signal);
  }

  async info(signal?: AbortSignal): Promise<SystemInfo> {
    return await this.api.system.info(signal);
  }

  /** What takes how much of the disk. */
  async diskUsage(signal?: AbortSignal): Promise<SystemDataUsage> {
    return await this.api.system.diskUsage({}, signal);
  }

  /** What happens on it, each event once, across restarts of the engine. */
  events(options: EventOptions = {}): AsyncGenerator<EngineEvent, void, undefined> {
    return engineEvents(this.api, options);
  }

  /** A further process in a running container, by its id or name. */
  async exec(container: string, command: readonly string[], options: ExecOptions = {}): Promise<Process> {
    return await startExec(this.api, container, command, options);
  }

  /** Closes the connections; an engine that was started here ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    await this.daemon?.[Symbol.asyncDispose]();
  }
}

/** Reads config.json each time: a login in another window counts. */
function userCredentials(env: Readonly<Record<string, string | undefined>>): CredentialsSource {
  return async (key, signal) =>
    await credentialsFor(key, await readDockerConfig(dockerConfigFolder(env)), { env, signal });
}
