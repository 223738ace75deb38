import { Type, type Static } from "@sinclair/typebox";
import { TextMap } from "./common.ts";

/** One line of `GET /events`. */
export const EventMessage = Type.Object({
  /** The three that follow are of containers and images only, and older than the rest. */
  status: Type.Optional(Type.String()),
  id: Type.Optional(Type.String()),
  from: Type.Optional(Type.String()),
  /** container, image, volume, network or daemon. */
  Type: Type.String(),
  /** `create`, `start`, `die`, `exec_create: sh`, … */
  Action: Type.String(),
  Actor: Type.Object({
    /** The object's id or name. */
    ID: Type.String(),
    /** Its labels and facts: `name`, `image`, `exitCode`, … */
    Attributes: TextMap,
  }),
  scope: Type.Optional(Type.String()),
  /** Seconds since the epoch. */
  time: Type.Integer(),
  /** Nanoseconds since the epoch; more than a double holds exactly: the daemon writes it in full. */
  timeNano: Type.Number(),
});
export type EventMessage = Static<typeof EventMessage>;
