import { constants } from "node:os";
import { lastErrno, libc, check } from "./libc.ts";

const flock = libc.func("int flock(int fd, int operation)") as (fd: number, operation: number) => number;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks an open file for as long as its descriptor is open (flock(2)): the kernel takes the lock off a process that was killed.
 * @returns false when another process has it.
 */
export function lockFile(fd: number): boolean {
  const result = flock(fd, LOCK_EX | LOCK_NB);
  if (result !== 0 && lastErrno() === constants.errno.EWOULDBLOCK) return false;
  check("flock", result);
  return true;
}
