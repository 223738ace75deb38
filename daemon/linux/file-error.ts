import { EngineError, type ErrorKind, errnoOf } from "../base/errors.ts";
import { diskError } from "./disk-error.ts";
import { SyscallError } from "./libc.ts";

/** What an errno says about the file that was asked for. Anything else is nobody's mistake. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  ENOENT: "NotFound",
  ENXIO: "NotFound",
  EEXIST: "Conflict",
  ENOTEMPTY: "Conflict",
  EBUSY: "Conflict",
  ETXTBSY: "Conflict",
  ENOTDIR: "InvalidParameter",
  EISDIR: "InvalidParameter",
  ELOOP: "InvalidParameter",
  EINVAL: "InvalidParameter",
  ENAMETOOLONG: "InvalidParameter",
  EXDEV: "InvalidParameter",
  EMLINK: "InvalidParameter",
  EFBIG: "InvalidParameter",
  EPERM: "Forbidden",
  EACCES: "Forbidden",
  EROFS: "Forbidden",
};

/** A failed operation on a path of a user's, in words: `read /a/b: no such file or directory`. */
export function fileError(operation: string, path: string, error: unknown): unknown {
  const what = `${operation} ${path}`;
  const code = errnoOf(error) ?? "";
  const kind = KINDS[code];
  if (kind === undefined || error instanceof EngineError) return diskError(what, error);
  const reason = error instanceof SyscallError ? error.reason.toLowerCase() : code;
  return new EngineError(kind, `${what}: ${reason}`, { cause: error });
}
