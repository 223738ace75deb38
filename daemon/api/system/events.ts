import type { EngineEvent } from "../../engine/model/event.ts";
import type { Engine } from "../../engine/services.ts";
import { filters } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { timestamp } from "../http/timestamp.ts";

// prettier-ignore
const FILTERS = [
  "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret", "service",
  "type", "volume",
];

/** `GET /events`: one line of JSON an event, until `until` or the client's end. */
export function eventsRoute({ events }: Engine): Route {
  return {
    method: "GET",
    path: "/events",
    handle: async ({ query, signal }, response) => {
      const since = timestamp(query, "since");
      const until = timestamp(query, "until");
      const source = await events.subscribe({ since, until, filters: filters(query, FILTERS) }, signal);
      // The head tells the client that from here on it misses nothing.
      const stream = response.start(200, { "Content-Type": "application/json" });
      for await (const event of source) await stream.write(`${eventLine(event)}\n`);
      await stream.end();
    },
  };
}

/** Newer fields after those of clients before 1.22; API 1.52 is the first without the old ones. */
export function eventLine({ type, action, actor, attributes, timeNano }: EngineEvent): string {
  const legacy =
    type === "container" || type === "image"
      ? { status: action, id: actor, ...(attributes["image"] !== undefined && { from: attributes["image"] }) }
      : {};
  const line = JSON.stringify({
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: actor, Attributes: attributes },
    scope: "local",
    time: Number(timeNano / 1_000_000_000n),
  });
  // More digits than a number of JavaScript has.
  return `${line.slice(0, -1)},"timeNano":${timeNano}}`;
}
