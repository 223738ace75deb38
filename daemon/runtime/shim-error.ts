import { getSystemErrorMap } from "node:util";
import { Kind, STAGES, Tag, type Stage } from "./protocol.ts";
import type { Frame } from "./frame.ts";

/** The shim's refusal: an errno and where it happened, or the exit code of runc. */
export class ShimError extends Error {
  readonly stage: Stage;
  /** "ENOENT"; "" when runc ran and failed. */
  readonly code: string;
  /** strerror's text: "no such file or directory". */
  readonly reason: string;
  readonly runcExitCode: number;

  constructor(frame: Frame) {
    const stage = STAGES[frame.u32(Tag.stage) - 1] ?? "request";
    const [code, reason] = getSystemErrorMap().get(-frame.u32(Tag.errno)) ?? ["", ""];
    super(`shim: ${stage}: ${reason || `runc exited with ${frame.u32(Tag.code)}`}`);
    this.name = "ShimError";
    this.stage = stage;
    this.code = code;
    this.reason = REASONS[code] ?? reason;
    this.runcExitCode = frame.u32(Tag.code);
  }
}

/** Where libuv's words for an errno differ from the C library's, which clients match on. */
const REASONS: Readonly<Record<string, string>> = {
  ENOEXEC: "exec format error",
  EISDIR: "is a directory",
  EPERM: "operation not permitted",
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  ELOOP: "too many levels of symbolic links",
  E2BIG: "argument list too long",
  ETXTBSY: "text file busy",
};

/** @throws ShimError when the frame says so. */
export function checked(frame: Frame): Frame {
  if (frame.kind === Kind.error) throw new ShimError(frame);
  return frame;
}
