import koffi from "koffi";
import { constants } from "node:os";

/** One load of libc for the process; every binding of linux/ hangs off it. A call costs 0.2 µs. */
export const libc = koffi.load("libc.so.6");

const ERRNO_NAMES = new Map<number, string>(Object.entries(constants.errno).map(([name, value]) => [value, name]));
const strerror = libc.func("const char *strerror(int)") as (errno: number) => string;

/** A failed system call. `code` is the errno's name, as in Node's own errors. */
export class SyscallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  /** What the errno means, in the C library's words. */
  readonly reason: string;

  constructor(syscall: string, errno: number, detail = "") {
    const code = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
    const reason = strerror(errno);
    super(`${syscall}${detail === "" ? "" : ` ${detail}`}: ${reason} (${code})`);
    this.reason = reason;
    this.name = "SyscallError";
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** The errno of the last call on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

/** @throws SyscallError when `result` is negative; `detail` (a path, a name) tells which object it was. */
export function check(syscall: string, result: number, detail?: string): number {
  if (result < 0) throw new SyscallError(syscall, koffi.errno(), detail);
  return result;
}

/**
 * A call that may take a while, on another thread. Its errno stays there.
 * @returns its result
 */
export function inBackground(call: ReturnType<typeof libc.func>, ...args: readonly unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: Error | null, result: number) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}
