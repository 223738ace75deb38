import type { ErrorKind } from "../../base/errors.ts";

/** The one place where errors meet HTTP. */
export const STATUS: Readonly<Record<ErrorKind, number>> = {
  InvalidParameter: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  NotModified: 304,
  NotImplemented: 501,
  Unavailable: 503,
  Internal: 500,
  DataLoss: 500,
  Canceled: 500,
};
