import { constants } from "node:fs";

/** Flags of open(2). Node does not know O_PATH and O_CLOEXEC, which are the same on x86-64 and arm64; the rest it knows. */
export const OPEN = {
  read: constants.O_RDONLY,
  write: constants.O_WRONLY,
  readWrite: constants.O_RDWR,
  create: constants.O_CREAT,
  exclusive: constants.O_EXCL,
  truncate: constants.O_TRUNC,
  directory: constants.O_DIRECTORY,
  noFollow: constants.O_NOFOLLOW,
  nonBlock: constants.O_NONBLOCK,
  path: 0o10000000,
  cloexec: 0o2000000,
} as const;
