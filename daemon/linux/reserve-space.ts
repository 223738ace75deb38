import { closeSync, openSync } from "node:fs";
import { check, libc } from "./libc.ts";

const FALLOC_FL_KEEP_SIZE = 0x01;

const fallocate = libc.func("int fallocate(int, int, int64_t, int64_t)") as (
  fd: number,
  mode: number,
  offset: number,
  length: number,
) => number;

/**
 * Blocks for the first `bytes` of a file, which keeps its size and its content (fallocate(2)): so much of it can be written even
 * on a disk that is full by then.
 * @throws SyscallError ENOSPC, or EOPNOTSUPP where the file system cannot do that.
 */
export function reserveSpace(path: string, bytes: number): void {
  const fd = openSync(path, "r+");
  try {
    check("fallocate", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes), path);
  } finally {
    closeSync(fd);
  }
}
