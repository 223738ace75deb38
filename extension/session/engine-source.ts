import type { Engine, wire } from "../../sdk/index.ts";
import type { Happening, MirrorSource } from "../model/engine-mirror.ts";

/** An engine as the mirror wants it. */
export function mirrorSource(engine: Engine): MirrorSource {
  return {
    containers: (signal, ids) =>
      engine.containers.list({ all: true, ...(ids === undefined ? {} : { filters: { id: ids } }), signal }),
    images: (signal) => engine.images.list({ signal }),
    networks: (signal) => engine.networks.list({ signal }),
    volumes: (signal) => engine.volumes.list({ signal }),
    // Without the SDK's own reconnecting: when the engine goes, everything is listed anew.
    events: async (signal) => happenings(await engine.api.system.events({}, signal)),
  };
}

async function* happenings(events: AsyncIterable<wire.EventMessage>): AsyncGenerator<Happening, void, undefined> {
  for await (const { Type, Action, Actor } of events)
    yield { type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes ?? {} };
}
