import { InvalidParameter } from "./errors.ts";

/** PEM texts for TLS; `verify: false` takes any server certificate. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify: boolean;
}

/** Where an engine listens. */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls?: TlsMaterial }
  | { readonly kind: "ssh"; readonly host: string; readonly user?: string; readonly port?: number };

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Reads Docker's notation: `unix:///path`, `tcp://host[:port]`, `http(s)://…`, `ssh://[user@]host[:port]`, or a bare absolute path.
 * @throws InvalidParameter for any other scheme.
 */
export function parseEndpoint(text: string, tls?: TlsMaterial): Endpoint {
  if (text.startsWith("/")) return { kind: "unix", path: text };
  if (text.startsWith("unix://")) return unixEndpoint(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "") throw new InvalidParameter(`unable to parse docker host \`${text}\``);
  const port = url.port === "" ? undefined : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  switch (url.protocol) {
    case "tcp:":
    case "http:":
      return { kind: "tcp", host, port: port ?? (tls ? TLS_PORT : url.protocol === "http:" ? 80 : PLAIN_PORT), tls };
    case "https:":
      return { kind: "tcp", host, port: port ?? 443, tls: tls ?? { verify: true } };
    case "ssh:":
      return { kind: "ssh", host, port, user: url.username === "" ? undefined : decodeURIComponent(url.username) };
    default:
      throw new InvalidParameter(
        `the scheme of ${JSON.stringify(text)} is not supported: use unix://, tcp://, https:// or ssh://`,
      );
  }
}

function unixEndpoint(text: string): Endpoint {
  const path = text.slice("unix://".length);
  if (!path.startsWith("/")) throw new InvalidParameter(`${JSON.stringify(text)} names no absolute path`);
  return { kind: "unix", path };
}

/** The notation that {@link parseEndpoint} reads, for messages and for DOCKER_HOST. */
export function endpointText(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case "unix":
      return `unix://${endpoint.path}`;
    case "tcp":
      return `tcp://${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
    case "ssh":
      return `ssh://${endpoint.user ? `${endpoint.user}@` : ""}${endpoint.host}${endpoint.port ? `:${endpoint.port}` : ""}`;
  }
}
