import type { Duplex } from "node:stream";
import { once } from "node:events";
import { nowNanos } from "../../base/time.ts";
import type { AttachQuery, Engine, LogLine } from "../../engine/services.ts";
import { boolean, text } from "../http/query.ts";
import type { ApiRequest, Route } from "../http/route.ts";
import { unsupported } from "./spec/invalid.ts";
import { logFormatter } from "./log-output.ts";
import { join } from "./stdio.ts";

/** `POST /containers/{id}/attach`, and its form over a WebSocket, which is refused. */
export function attachRoutes({ containers }: Engine): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/containers/:id/attach",
      handle: async (request, response) => {
        const id = request.params["id"] ?? "";
        const query = parseAttachQuery(request.query);
        const { tty, stream } = await containers.attach(id, query, request.signal);
        try {
          // Opened before the connection is taken over, so that its refusal has a status.
          const before = query.logs ? await logsBefore(containers, id, query, request) : undefined;
          const client = await response.hijack({ tty });
          if (before !== undefined) await copy(before, client, request).catch(breakOff(client));
          await join(client, stream, query.stdin && query.stream);
        } finally {
          stream.destroy();
        }
      },
    },
    {
      method: "GET",
      path: "/containers/:id/attach/ws",
      handle: () => Promise.reject(unsupported("attach over a WebSocket")),
    },
  ];
}

/** What has begun as a stream can only be cut, so that it is not taken for whole. */
function breakOff(client: Duplex): (error: unknown) => never {
  return (error) => {
    client.destroy();
    throw error;
  };
}

function parseAttachQuery(query: URLSearchParams): AttachQuery {
  return {
    logs: boolean(query, "logs"),
    stream: boolean(query, "stream"),
    stdin: boolean(query, "stdin"),
    stdout: boolean(query, "stdout"),
    stderr: boolean(query, "stderr"),
    detachKeys: text(query, "detachKeys"),
  };
}

/**
 * What the container has written up to now; what it writes from now on is in the stream already. Around this moment a line can
 * come twice, but none is lost.
 */
async function logsBefore(
  containers: Engine["containers"],
  id: string,
  { stdout, stderr }: AttachQuery,
  { signal }: ApiRequest,
): Promise<AsyncIterable<Buffer> | undefined> {
  if (!stdout && !stderr) return undefined;
  const { tty, lines } = await containers.logs(id, { stdout, stderr, follow: false, until: nowNanos() }, signal);
  return formatted(lines, logFormatter({ tty, timestamps: false, details: false }));
}

async function* formatted(lines: AsyncIterable<LogLine>, format: (line: LogLine) => Buffer): AsyncGenerator<Buffer> {
  for await (const line of lines) yield format(line);
}

async function copy(chunks: AsyncIterable<Buffer>, client: Duplex, { signal }: ApiRequest): Promise<void> {
  for await (const chunk of chunks) {
    if (!client.write(chunk)) await once(client, "drain", { signal });
  }
}
