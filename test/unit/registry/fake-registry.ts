/** A registry in memory on loopback, with switches for everything that can go wrong. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Digest, digestOf } from "../../../daemon/base/digest.ts";

export type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly blobs: Map<string, Buffer>;
  /** By `repository:tag` and `repository@digest`. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  /** `METHOD path` of each request, with what it was authorised by. */
  readonly seen: string[];
  /** Asked first; true when it has answered. */
  intercept: Interceptor;
  addManifest(repository: string, tag: string, type: string, document: unknown): Digest;
  addBlob(bytes: Buffer | string): { readonly digest: Digest; readonly size: number };
}

export async function fakeRegistry(): Promise<FakeRegistry> {
  const state = {
    blobs: new Map<string, Buffer>(),
    manifests: new Map<string, { type: string; bytes: Buffer }>(),
    seen: [] as string[],
  };
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization;
    state.seen.push(`${request.method} ${request.url}${authorization === undefined ? "" : ` [${authorization}]`}`);
    if (!registry.intercept(request, response)) void answer(registry, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const registry: FakeRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...state,
    intercept: () => false,
    addManifest: (repository, tag, type, document) => {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = digestOf(bytes);
      for (const key of [`${repository}:${tag}`, `${repository}@${digest}`]) state.manifests.set(key, { type, bytes });
      return digest;
    },
    addBlob: (data) => {
      const bytes = Buffer.from(data);
      state.blobs.set(digestOf(bytes), bytes);
      return { digest: digestOf(bytes), size: bytes.length };
    },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return registry;
}

const READ = /^\/v2\/(.+)\/(manifests|blobs)\/([^/?]+)$/;

async function answer(registry: FakeRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "", `http://${registry.host}`);
  if (url.pathname === "/v2/") return void response.end("{}");
  const [, repository = "", kind, reference = ""] = READ.exec(url.pathname) ?? [];
  if (request.method === "POST") return startUpload(registry, url, response);
  if (request.method === "PUT") return await put(registry, url, request, response);
  if (kind === "manifests") return sendManifest(registry, repository, reference, response);
  sendBlob(registry, reference, request, response);
}

function sendManifest(registry: FakeRegistry, repository: string, reference: string, response: ServerResponse): void {
  const separator = reference.startsWith("sha256:") ? "@" : ":";
  const found = registry.manifests.get(`${repository}${separator}${reference}`);
  if (found === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
  response.setHeader("content-type", found.type).setHeader("content-length", found.bytes.length);
  response.end(found.bytes);
}

function sendBlob(registry: FakeRegistry, digest: string, request: IncomingMessage, response: ServerResponse): void {
  const bytes = registry.blobs.get(digest);
  if (bytes === undefined) return refuse(response, 404, "BLOB_UNKNOWN", "blob unknown to registry");
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from > 0) response.writeHead(206, { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
  response.end(request.method === "HEAD" ? undefined : bytes.subarray(from));
}

function startUpload(registry: FakeRegistry, url: URL, response: ServerResponse): void {
  const mount = url.searchParams.get("mount");
  if (mount !== null && registry.blobs.has(mount)) return void response.writeHead(201).end();
  response.writeHead(202, { location: `${url.pathname}session?state=a%20b` }).end();
}

async function put(
  registry: FakeRegistry,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const [, repository = "", kind, reference = ""] = READ.exec(url.pathname) ?? [];
  if (kind === "manifests") {
    const type = request.headers["content-type"] ?? "";
    for (const key of [`${repository}:${reference}`, `${repository}@${digestOf(bytes)}`])
      registry.manifests.set(key, { type, bytes });
  } else if (digestOf(bytes) !== url.searchParams.get("digest")) {
    return refuse(response, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  } else registry.blobs.set(digestOf(bytes), bytes);
  response.writeHead(201, { "docker-content-digest": digestOf(bytes) }).end();
}

export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
