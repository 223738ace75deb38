import { closeSync, readFileSync, writeSync } from "node:fs";
import { check, libc } from "./libc.ts";

const memfdCreate = libc.func("int memfd_create(const char *, unsigned int)") as (
  name: string,
  flags: number,
) => number;
const fcntl = libc.func("int fcntl(int, int, int)") as (fd: number, command: number, argument: number) => number;

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_DUPFD_CLOEXEC = 1030;
const F_ADD_SEALS = 1033;
/** Above every descriptor that a child is given: those take their places before it executes this one. */
const LEAST_FD = 64;
/** F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE */
const ALL_SEALS = 0xf;

/**
 * A copy of an executable in memory that nobody can write any more, root in a container included: a process that executes its own
 * /proc/self/exe before it has become the container's program gets hold of this copy and not of the file (CVE-2019-5736).
 * Made once, shared by all who execute it. memfd_create(2), fcntl(2).
 */
export class SealedExecutable implements Disposable {
  readonly #fd: number;

  constructor(path: string) {
    const bytes = readFileSync(path);
    const fd = check("memfd_create", memfdCreate("slipway-shim", MFD_CLOEXEC | MFD_ALLOW_SEALING), path);
    this.#fd = check("fcntl", fcntl(fd, F_DUPFD_CLOEXEC, LEAST_FD), path);
    closeSync(fd);
    for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    check("fcntl", fcntl(this.#fd, F_ADD_SEALS, ALL_SEALS), path);
  }

  /** To be executed by a child of this process: the descriptor is there until the child's execve. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
