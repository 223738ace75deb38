/**
 * What the API can ask of the engine. Names are resolved inside: `ref` is an id, a unique prefix of one, or a name.
 * Every method throws EngineError; the kinds that matter to a client are named.
 */
import type { Containers } from "./services/containers.ts";
import type { Events } from "./services/events.ts";
import type { Execs } from "./services/execs.ts";
import type { Images } from "./services/images.ts";
import type { Networks } from "./services/networks.ts";
import type { System } from "./services/system.ts";
import type { Volumes } from "./services/volumes.ts";

export type * from "./services/containers.ts";
export type * from "./services/events.ts";
export type * from "./services/execs.ts";
export type * from "./services/filters.ts";
export type * from "./services/images.ts";
export type * from "./services/networks.ts";
export type * from "./services/system.ts";
export type * from "./services/volumes.ts";

export interface Engine {
  readonly containers: Containers;
  readonly execs: Execs;
  readonly images: Images;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly events: Events;
  readonly system: System;
}
