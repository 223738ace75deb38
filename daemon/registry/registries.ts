import type { Dispatcher } from "undici";
import { Authorization, type RegistryCredentials, type SendTokenRequest } from "./authorization.ts";
import { ATTEMPTS } from "./back-off.ts";
import { type Endpoint, RegistryClient } from "./client.ts";
import { type ExchangeDeps, readText } from "./exchange.ts";
import { endpointsOf, isInsecure } from "./hosts.ts";
import { unreachable } from "./registry-error.ts";
import { openTransport, type TransportOptions } from "./transport.ts";

export interface RegistriesDeps extends TransportOptions {
  /** `host[:port]` or CIDR. */
  readonly insecureRegistries?: readonly string[];
  /** URLs that are asked for images of docker.io first. */
  readonly mirrors?: readonly string[];
  /** Milliseconds before the second attempt of a request; 500 by default, doubled each time. */
  readonly retryDelayMs?: number;
}

const RETRY_DELAY_MS = 500;
/** A mirror that fails has the registry behind it. */
const MIRROR_ATTEMPTS = 2;

/** Opened for one operation of one user. `refreshToken` is what the token server gave for a password. */
export interface OpenRegistry {
  readonly client: RegistryClient;
  readonly authorization: Authorization;
}

/** All registries: connections are kept by host, as long as this lives. */
export class Registries implements AsyncDisposable {
  readonly #deps: RegistriesDeps;
  readonly #transports = new Map<string, Promise<Dispatcher>>();

  constructor(deps: RegistriesDeps = {}) {
    this.#deps = deps;
  }

  /** No request is made yet. @throws EngineError InvalidParameter for a malformed mirror. */
  open(domain: string, credentials?: RegistryCredentials): OpenRegistry {
    const { insecureRegistries = [], mirrors = [] } = this.#deps;
    const authorization = new Authorization(credentials, this.#sendTokenRequest);
    const endpoints = endpointsOf(domain, { insecureRegistries, mirrors }).map(
      ({ base, insecure, mirror }): Endpoint => {
        // The user's credentials are the registry's, not its mirror's.
        const own = mirror ? new Authorization(undefined, this.#sendTokenRequest) : authorization;
        return { base, mirror, exchange: this.#exchangeDeps(own, insecure, mirror ? MIRROR_ATTEMPTS : ATTEMPTS) };
      },
    );
    return { client: new RegistryClient(endpoints), authorization };
  }

  #exchangeDeps(authorization: Authorization, insecure: boolean, attempts: number): ExchangeDeps {
    const retryDelayMs = this.#deps.retryDelayMs ?? RETRY_DELAY_MS;
    return { dispatcher: (host) => this.#transport(host), authorization, insecure, retryDelayMs, attempts };
  }

  #transport(host: string): Promise<Dispatcher> {
    const insecure = isInsecure(host, this.#deps.insecureRegistries ?? []);
    // The list may change while the daemon runs.
    const key = `${host} ${insecure}`;
    const known = this.#transports.get(key);
    if (known !== undefined) return known;
    const opened = openTransport(host, insecure, this.#deps);
    this.#transports.set(key, opened);
    // A certificate folder that could not be read is read again next time.
    opened.catch(() => this.#transports.delete(key));
    return opened;
  }

  readonly #sendTokenRequest: SendTokenRequest = async (url, { method, headers, body }, signal) => {
    try {
      const { request } = await import("./undici.ts");
      const dispatcher = await this.#transport(url.host);
      const response = await request(url, { method, headers, signal, body: body ?? null, dispatcher });
      return { status: response.statusCode, body: await readText(response.body) };
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(method, url, error);
    }
  };

  /** Closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = [...this.#transports.values()];
    this.#transports.clear();
    await Promise.allSettled(opened.map(async (transport) => (await transport).destroy()));
  }
}
