import { addAbortSignal } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { FileEntry, Files } from "../../engine/services.ts";
import { boolean, integer, text } from "../http/query.ts";
import type { ApiRequest, ApiResponse, Route } from "../http/route.ts";
import { parseRange } from "./byte-range.ts";
import { fileEntryJson } from "./file-entry.ts";

/** The files that a request is about, open until its end. */
export type OpenFiles = (request: ApiRequest) => Promise<Files>;

/** What there is to say once the files are let go: who hears that something is done may remove the volume at once. */
type Answer = (response: ApiResponse) => Promise<void>;

/** Streams its answer while it has the files, or returns it. */
type Handler = (files: Files, request: ApiRequest, response: ApiResponse) => Promise<Answer | undefined>;

/** `<prefix>/fs`, `export` and `import`: see sdk/contract/slipway-files.ts. */
export function fileRoutes(prefix: string, open: OpenFiles): readonly Route[] {
  const answerOf = async (handle: Handler, request: ApiRequest, response: ApiResponse): Promise<Answer | undefined> => {
    await using files = await open(request);
    return await handle(files, request, response);
  };
  const route = (method: Route["method"], path: string, handle: Handler): Route => ({
    method,
    path: `${prefix}${path}`,
    handle: async (request, response) => {
      const answer = await answerOf(handle, request, response);
      await answer?.(response);
    },
  });
  return [
    route("GET", "/fs", get),
    route("PUT", "/fs", put),
    route("DELETE", "/fs", remove),
    route("POST", "/fs/mkdir", makeDirectory),
    route("POST", "/fs/rename", rename),
    route("GET", "/export", exportTar),
    route("PUT", "/import", importTar),
  ];
}

async function get(files: Files, request: ApiRequest, response: ApiResponse): Promise<Answer | undefined> {
  const { query } = request;
  const path = pathOf(query, "path");
  if (boolean(query, "stat")) return entryAnswer(200, files.stat(path, { follow: boolean(query, "follow", true) }));
  if (boolean(query, "list")) await list(files.list(path), response);
  else await read(files, path, request, response);
  return undefined;
}

async function list(entries: AsyncIterable<FileEntry>, response: ApiResponse): Promise<void> {
  const iterator = entries[Symbol.asyncIterator]();
  // The first one before the head: what is no directory has a status.
  let next = await iterator.next();
  const stream = response.start(200, { "Content-Type": "application/x-ndjson" });
  try {
    for (; next.done !== true; next = await iterator.next())
      await stream.write(`${JSON.stringify(fileEntryJson(next.value))}\n`);
    await stream.end();
  } finally {
    await iterator.return?.();
  }
}

async function read(files: Files, path: string, request: ApiRequest, response: ApiResponse): Promise<void> {
  using file = files.read(path);
  const { size, modified } = file.entry;
  const headers = {
    "Content-Type": "application/octet-stream",
    "Accept-Ranges": "bytes",
    "Last-Modified": new Date(modified.seconds * 1000).toUTCString(),
  };
  const range = parseRange(request.headers.range, size);
  if (range === "unsatisfiable") {
    const stream = response.start(416, { "Content-Range": `bytes */${size}` });
    return await stream.end();
  }
  const length = range === undefined ? size : range.end - range.start + 1;
  const partial: Readonly<Record<string, string>> =
    range === undefined ? {} : { "Content-Range": `bytes ${range.start}-${range.end}/${size}` };
  const status = range === undefined ? 200 : 206;
  // To the length that the head promises: what is appended meanwhile is another read's.
  const bytes = file.bytes(range ?? { start: 0, end: size - 1 });
  await send(bytes, response, {
    status,
    headers: { ...headers, ...partial, "Content-Length": String(length) },
  });
}

async function put(files: Files, request: ApiRequest): Promise<Answer> {
  const { query } = request;
  const path = pathOf(query, "path");
  const options = { mode: modeOf(query), uid: idOf(query, "uid"), gid: idOf(query, "gid") };
  return entryAnswer(200, await files.write(path, request.body(), options, request.signal));
}

async function remove(files: Files, { query, signal }: ApiRequest): Promise<Answer> {
  await files.remove(pathOf(query, "path"), { recursive: boolean(query, "recursive") }, signal);
  return done;
}

async function makeDirectory(files: Files, { query }: ApiRequest): Promise<Answer> {
  const path = pathOf(query, "path");
  files.makeDirectory(path, { mode: modeOf(query) ?? 0o755, parents: boolean(query, "parents") });
  return entryAnswer(201, files.stat(path, { follow: true }));
}

async function rename(files: Files, { query }: ApiRequest): Promise<Answer> {
  files.rename(pathOf(query, "from"), pathOf(query, "to"), { replace: boolean(query, "replace") });
  return done;
}

async function exportTar(files: Files, request: ApiRequest, response: ApiResponse): Promise<undefined> {
  const archive = addAbortSignal(request.signal, files.export(text(request.query, "path") ?? "/"));
  await send(archive, response, { status: 200, headers: { "Content-Type": "application/x-tar" } });
}

async function importTar(files: Files, request: ApiRequest): Promise<Answer> {
  await files.import(text(request.query, "path") ?? "/", request.body(), request.signal);
  return done;
}

function entryAnswer(status: 200 | 201, entry: FileEntry): Answer {
  return (response) => response.json(status, fileEntryJson(entry));
}

function done(response: ApiResponse): Promise<void> {
  return response.empty(204);
}

async function send(
  bytes: AsyncIterable<Buffer>,
  response: ApiResponse,
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
): Promise<void> {
  const stream = response.start(status, headers);
  for await (const chunk of bytes) await stream.write(chunk);
  await stream.end();
}

function pathOf(query: URLSearchParams, name: string): string {
  const path = text(query, name);
  if (path === undefined) throw new EngineError("InvalidParameter", `the parameter ${name} is missing`);
  return path;
}

/** Permission bits, octal: `0644`. */
function modeOf(query: URLSearchParams): number | undefined {
  const mode = text(query, "mode");
  if (mode === undefined) return undefined;
  if (!/^[0-7]{1,5}$/.test(mode) || Number.parseInt(mode, 8) > 0o7777)
    throw new EngineError("InvalidParameter", `invalid value for mode: ${JSON.stringify(mode)} is not octal`);
  return Number.parseInt(mode, 8);
}

function idOf(query: URLSearchParams, name: string): number | undefined {
  const id = integer(query, name);
  // 2^32 - 1 means "leave as it is" to chown(2).
  if (id !== undefined && (id < 0 || id >= 0xffff_ffff))
    throw new EngineError("InvalidParameter", `invalid value for ${name}: ${id} is out of range`);
  return id;
}
