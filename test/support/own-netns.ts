/** A network namespace for this thread, for as long as a suite lasts. Each integration suite is a process of its own. */
import koffi from "koffi";
import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";

const libc = koffi.load("libc.so.6");
const unshare = libc.func("int unshare(int flags)") as (flags: number) => number;
const setns = libc.func("int setns(int fd, int type)") as (fd: number, type: number) => number;
const CLONE_NEWNET = 0x40000000;

/** Moves the main thread into a new namespace with `lo` up; disposing moves it back. Child processes follow it. */
export function enterOwnNetns(): Disposable {
  const home = openSync("/proc/thread-self/ns/net", "r");
  if (unshare(CLONE_NEWNET) !== 0) throw new Error(`unshare failed with errno ${koffi.errno()}`);
  execFileSync("ip", ["link", "set", "lo", "up"]);
  return {
    [Symbol.dispose](): void {
      if (setns(home, CLONE_NEWNET) !== 0) process.abort();
      closeSync(home);
    },
  };
}
