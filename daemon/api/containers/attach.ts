import type { Duplex } from "node:stream";
import { once } from "node:events";
import { nowNanos } from "../../base/time.ts";
import type { AttachQuery, Engine } from "../../engine/services.ts";
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
        // From here on new output waits in the stream; what came before is the log's.
        const attachedAt = nowNanos();
        try {
          const client = await response.hijack({ tty });
          if (query.logs) await writeLogs(containers, id, query, attachedAt, client, request).catch(breakOff(client));
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

/** What the container has written before. Around the moment of the attach a line can come twice, but none is lost. */
async function writeLogs(
  containers: Engine["containers"],
  id: string,
  { stdout, stderr }: AttachQuery,
  until: bigint,
  client: Duplex,
  { signal }: ApiRequest,
): Promise<void> {
  if (!stdout && !stderr) return;
  const { tty, lines } = await containers.logs(id, { stdout, stderr, follow: false, until }, signal);
  const format = logFormatter({ tty, timestamps: false, details: false });
  for await (const line of lines) {
    if (!client.write(format(line))) await once(client, "drain", { signal });
  }
}
