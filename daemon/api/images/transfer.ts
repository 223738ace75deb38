import { EngineError } from "../../base/errors.ts";
import type { Engine } from "../../engine/services.ts";
import { boolean, text } from "../http/query.ts";
import type { ApiRequest, ApiResponse, Route } from "../http/route.ts";
import { registryAuth } from "./credentials.ts";
import { checkPlatform } from "./platform.ts";
import { sendLoadProgress, sendProgress } from "./progress.ts";

/** Images that come and go: pull, import, push, load, save. */
export function transferRoutes(engine: Engine): readonly Route[] {
  const { images } = engine;
  return [
    {
      method: "POST",
      path: "/images/create",
      handle: async (request, response) => {
        if (request.query.get("fromImage")) await pull(engine, request, response);
        else await importArchive(engine, request, response);
      },
    },
    {
      method: "POST",
      path: "/images/load",
      handle: async (request, response) => {
        if (request.query.get("platform")) throw notYet("load of one platform");
        const quiet = boolean(request.query, "quiet", true);
        await sendLoadProgress(images.load(request.body(), { quiet }, request.signal), response);
      },
    },
    {
      method: "POST",
      path: "/images/:name/push",
      handle: async ({ params, query, headers, signal }, response) => {
        const reference = withTag(params["name"] ?? "", text(query, "tag"));
        const options = { credentials: registryAuth(headers), platform: text(query, "platform") };
        await sendProgress(images.push(reference, options, signal), response);
      },
    },
    {
      method: "GET",
      path: "/images/get",
      handle: (request, response) => save(engine, request.query.getAll("names"), request, response),
    },
    {
      method: "GET",
      path: "/images/:name/get",
      handle: (request, response) => save(engine, [request.params["name"] ?? ""], request, response),
    },
  ];
}

async function pull({ images }: Engine, request: ApiRequest, response: ApiResponse): Promise<void> {
  const { query, headers, signal } = request;
  const reference = withTag(query.get("fromImage") ?? "", text(query, "tag"));
  const options = { platform: text(query, "platform"), credentials: registryAuth(headers) };
  await sendProgress(images.pull(reference, options, signal), response);
}

async function importArchive({ images }: Engine, request: ApiRequest, response: ApiResponse): Promise<void> {
  const { query, signal } = request;
  const source = query.get("fromSrc") ?? "";
  if (source === "") throw new EngineError("InvalidParameter", "neither fromImage nor fromSrc is given");
  if (source !== "-") throw notYet("import from a URL");
  const options = {
    repository: text(query, "repo"),
    tag: text(query, "tag"),
    message: text(query, "message"),
    changes: query.getAll("changes"),
    platform: text(query, "platform"),
  };
  await sendProgress(images.import(request.body(), options, signal), response);
}

async function save(
  { images }: Engine,
  names: readonly string[],
  { query, signal }: ApiRequest,
  response: ApiResponse,
): Promise<void> {
  if (names.length === 0) throw new EngineError("InvalidParameter", "no image to save is named");
  if (query.get("platform")) for (const name of names) checkPlatform(query, images.get(name), name);
  const archive = await images.save(names, signal);
  try {
    const stream = response.start(200, { "Content-Type": "application/x-tar" });
    for await (const chunk of archive as AsyncIterable<Buffer>) await stream.write(chunk);
    await stream.end();
  } finally {
    archive.destroy();
  }
}

/** The tag parameter may be a digest; a name that ends with a colon comes from `pull -a` of old clients. */
export function withTag(name: string, tag: string | undefined): string {
  const plain = name.endsWith(":") ? name.slice(0, -1) : name;
  if (tag === undefined) return plain;
  return tag.startsWith("sha256:") ? `${plain}@${tag}` : `${plain}:${tag}`;
}

function notYet(what: string): EngineError {
  return new EngineError("NotImplemented", `${what} is not supported`);
}
