import { setTimeout as later } from "node:timers/promises";
import { isKind } from "../../base/errors.ts";
import type { Engine, StatsSample } from "../../engine/services.ts";
import { boolean } from "../http/query.ts";
import type { ApiRequest, ApiResponse, Route } from "../http/route.ts";
import { invalid } from "./spec/invalid.ts";
import { emptyStatsJson, statsJson } from "./view/stats.ts";

/** Docker's rhythm, which clients rely on. The clock runs only while somebody listens. Milliseconds. */
const INTERVAL = 1000;

/** `GET /containers/{id}/stats`: one line a second; one with `stream=0`, at once with `one-shot=1`. */
export function statsRoute({ containers }: Engine): Route {
  return {
    method: "GET",
    path: "/containers/:id/stats",
    handle: async (request, response) => {
      const stream = boolean(request.query, "stream", true);
      const oneShot = boolean(request.query, "one-shot");
      if (stream && oneShot) throw invalid("cannot have stream=true and one-shot=true");
      // By id from here on: a rename meanwhile must not end the stream.
      const { id } = containers.get(request.params["id"] ?? "");
      if (stream) await streamStats(containers, id, request, response);
      else await response.json(200, await single(containers, id, oneShot, request.signal));
    },
  };
}

/** Without `one-shot` a second sample follows the first, so that there is a percentage. */
async function single(
  containers: Engine["containers"],
  id: string,
  oneShot: boolean,
  signal: AbortSignal,
): Promise<unknown> {
  const first = await containers.stats(id);
  if (first === undefined) return emptyStatsJson(id, containers.get(id).name);
  if (oneShot) return statsJson(first, undefined);
  await later(INTERVAL, undefined, { signal });
  return statsJson((await containers.stats(id)) ?? first, first);
}

async function streamStats(
  containers: Engine["containers"],
  id: string,
  request: ApiRequest,
  response: ApiResponse,
): Promise<void> {
  const out = response.start(200, { "Content-Type": "application/json" });
  let previous: StatsSample | undefined;
  try {
    for (;;) {
      const sample = await containers.stats(id);
      const json = sample === undefined ? emptyStatsJson(id, containers.get(id).name) : statsJson(sample, previous);
      await out.write(`${JSON.stringify(json)}\n`);
      previous = sample;
      await later(INTERVAL, undefined, { signal: request.signal });
    }
  } catch (error) {
    // The container was removed, or the client or the daemon goes: there is nothing more to say.
    if (!isKind(error, "NotFound") && !request.signal.aborted) throw error;
  }
  await out.end();
}
