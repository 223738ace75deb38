/** Plain requests to a daemon's unix socket, so that a test sees statuses, headers and bytes as they are. */
import { request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { buffer } from "node:stream/consumers";

export interface ApiRequest {
  /** A string, bytes or a stream go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `message` of a JSON error, otherwise "". */
  readonly message: string;
}

/** Resolves with the head; the body is still to come. */
export function openApi(
  socketPath: string,
  method: string,
  path: string,
  options: ApiRequest = {},
): Promise<IncomingMessage> {
  const { body, signal } = options;
  const raw =
    typeof body === "string" || Buffer.isBuffer(body) ? body : body === undefined ? undefined : JSON.stringify(body);
  const type =
    body === undefined ? {} : { "content-type": Buffer.isBuffer(body) ? "application/x-tar" : "application/json" };
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      method,
      path,
      signal,
      agent: false,
      headers: { ...type, ...options.headers },
    });
    outgoing.on("response", resolve).on("error", reject);
    if (body instanceof Readable) pipeline(body, outgoing).catch(reject);
    else outgoing.end(raw);
  });
}

export async function api(
  socketPath: string,
  method: string,
  path: string,
  options: ApiRequest = {},
): Promise<ApiResponse> {
  const response = await openApi(socketPath, method, path, options);
  const text = (await buffer(response)).toString("utf8");
  return { status: response.statusCode ?? 0, headers: response.headers, text, message: messageOf(text) };
}

function messageOf(text: string): string {
  try {
    const value = JSON.parse(text) as { message?: unknown } | null;
    return typeof value?.message === "string" ? value.message : "";
  } catch {
    return "";
  }
}
