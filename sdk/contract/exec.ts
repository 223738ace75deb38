import { Type, type Static } from "@sinclair/typebox";
import { Nullable, OptionalFlag, OptionalText, OptionalTexts, OptionalWords, OrNull, Texts } from "./common.ts";

/** Rows and columns. */
const ConsoleSize = Nullable(Type.Array(Type.Integer({ minimum: 0 })));

/** Body of `POST /containers/{id}/exec`. */
export const ExecCreateBody = Type.Object({
  /** `user[:group]`; "" is the container's own. */
  User: OptionalText,
  Privileged: OptionalFlag,
  Tty: OptionalFlag,
  ConsoleSize,
  AttachStdin: OptionalFlag,
  AttachStderr: OptionalFlag,
  AttachStdout: OptionalFlag,
  /** Sent by old clients; what counts is in the body of start. */
  Detach: OptionalFlag,
  DetachKeys: OptionalText,
  Env: OptionalTexts,
  WorkingDir: OptionalText,
  Cmd: OptionalWords,
});
export type ExecCreateBody = Static<typeof ExecCreateBody>;

export const ExecCreateResponse = Type.Object({ Id: Type.String() });
export type ExecCreateResponse = Static<typeof ExecCreateResponse>;

/** Body of `POST /exec/{id}/start`. */
export const ExecStartBody = Type.Object({ Detach: OptionalFlag, Tty: OptionalFlag, ConsoleSize });
export type ExecStartBody = Static<typeof ExecStartBody>;

/** `GET /exec/{id}/json`. */
export const ExecInspect = Type.Object({
  ID: Type.String(),
  Running: Type.Boolean(),
  /** null until it has ended. */
  ExitCode: OrNull(Type.Integer()),
  ProcessConfig: Type.Object({
    tty: Type.Boolean(),
    entrypoint: Type.String(),
    arguments: Texts,
    privileged: Type.Optional(Type.Boolean()),
    user: Type.Optional(Type.String()),
  }),
  OpenStdin: Type.Boolean(),
  OpenStderr: Type.Boolean(),
  OpenStdout: Type.Boolean(),
  CanRemove: Type.Boolean(),
  ContainerID: Type.String(),
  DetachKeys: Type.String(),
  /** On the host; 0 before it has started. */
  Pid: Type.Integer(),
});
export type ExecInspect = Static<typeof ExecInspect>;
