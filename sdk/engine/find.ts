import { join } from "node:path";
import type { Ping } from "../client/api/api-client.ts";
import {
  contextEndpoint,
  dockerConfigFolder,
  endpointFromEnvironment,
  readContext,
  readDockerConfig,
} from "../transport/docker-config.ts";
import { endpointText, parseEndpoint, type Endpoint, type TlsMaterial } from "../transport/endpoint.ts";
import { EngineUnavailable, type ConnectAttempt } from "../transport/errors.ts";
import { Transport } from "../transport/transport.ts";

export interface FindOptions {
  /** `unix:///path`, `tcp://host:port`, `ssh://user@host`. Given, nothing else is tried. */
  readonly host?: string;
  /** Certificates for `host`. */
  readonly tls?: TlsMaterial;
  /** Name of a docker context. Given, nothing else is tried. */
  readonly context?: string;
  /** Instead of the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Gives up the attempt under way and those to come. */
  readonly signal?: AbortSignal;
}

export type { Ping };

export interface FoundEngine {
  readonly transport: Transport;
  readonly ping: Ping;
  /** Why this one: `DOCKER_HOST`, `context "prod"`, … */
  readonly source: string;
}

interface Candidate {
  readonly source: string;
  /** The address as far as it is known, should `resolve` fail. */
  readonly host: string;
  readonly resolve: () => Promise<Endpoint>;
}

/**
 * The first engine that answers, in this order: the host or context that was asked for; DOCKER_HOST; DOCKER_CONTEXT or the current
 * docker context; Slipway's own sockets; Docker's. An address that somebody chose is binding: when it does not answer, the
 * defaults are not tried, for containers must not land in another engine unseen.
 *
 * @throws EngineUnavailable with every attempt and its reason.
 */
export async function findEngine(options: FindOptions = {}): Promise<FoundEngine> {
  const attempts: ConnectAttempt[] = [];
  for (const candidate of await candidates(options)) {
    let host = candidate.host;
    let transport: Transport | undefined;
    try {
      const endpoint = await candidate.resolve();
      host = endpointText(endpoint);
      transport = new Transport(endpoint);
      return { transport, ping: await ping(transport, options.signal), source: candidate.source };
    } catch (error) {
      await transport?.[Symbol.asyncDispose]();
      options.signal?.throwIfAborted();
      attempts.push({
        host,
        source: candidate.source,
        error: error instanceof Error ? error : new Error(String(error)),
      });
    }
  }
  throw new EngineUnavailable(unavailableText(attempts), attempts, attempts.at(-1)?.error);
}

function unavailableText(attempts: readonly ConnectAttempt[]): string {
  const lines = attempts.map(({ host, source, error }) => `  ${host} (${source}): ${error.message || String(error)}`);
  return `no container engine answered:\n${lines.join("\n")}`;
}

async function candidates(options: FindOptions): Promise<readonly Candidate[]> {
  const env = options.env ?? process.env;
  const folder = dockerConfigFolder(env);
  const { host, tls } = options;
  if (host !== undefined)
    return [
      {
        source: "given",
        host,
        resolve: async () => (tls ? parseEndpoint(host, tls) : endpointFromEnvironment(host, env)),
      },
    ];
  const fromContext = (name: string, source: string): Candidate => ({
    source,
    host: `context ${name}`,
    resolve: async () => await contextEndpoint(folder, await readContext(folder, name)),
  });
  if (options.context !== undefined && options.context !== "default")
    return [fromContext(options.context, `context "${options.context}"`)];
  const dockerHost = env["DOCKER_HOST"];
  if (dockerHost)
    return [{ source: "DOCKER_HOST", host: dockerHost, resolve: () => endpointFromEnvironment(dockerHost, env) }];
  if (options.context === undefined) {
    const name = env["DOCKER_CONTEXT"] || (await readDockerConfig(folder)).currentContext;
    if (name !== undefined && name !== "default") return [fromContext(name, `context "${name}"`)];
  }
  return defaultSockets(env).map(({ source, path }) => ({
    source,
    host: `unix://${path}`,
    resolve: async () => ({ kind: "unix", path }),
  }));
}

function defaultSockets(
  env: Readonly<Record<string, string | undefined>>,
): readonly { source: string; path: string }[] {
  const runtimeDir = env["XDG_RUNTIME_DIR"];
  const own = runtimeDir ? [{ source: "the user's Slipway", path: join(runtimeDir, "slipway", "slipway.sock") }] : [];
  return [
    ...own,
    { source: "the system's Slipway", path: "/run/slipway/slipway.sock" },
    { source: "Docker's socket", path: "/var/run/docker.sock" },
  ];
}

/** `GET /_ping`, whose headers say what the engine speaks. */
export async function ping(transport: Transport, signal?: AbortSignal): Promise<Ping> {
  const { headers, body } = await transport.request({ method: "GET", path: "/_ping", signal });
  body.resume();
  const header = (name: string): string => String(headers[name] ?? "");
  return {
    apiVersion: header("api-version"),
    osType: header("ostype"),
    server: header("server"),
    builderVersion: header("builder-version"),
    experimental: header("docker-experimental") === "true",
  };
}
