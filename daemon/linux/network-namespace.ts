/** Network namespaces (network_namespaces(7)), made and entered by this thread: the main one, whose view is the process's. */
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { cPath } from "./c-path.ts";
import { check, lastErrno, libc, SyscallError } from "./libc.ts";
import { getsockopt, socket } from "./socket-calls.ts";

const CLONE_NEWNET = 0x40000000;
const MS_BIND = 4096;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
const [AF_INET, DATAGRAM_CLOEXEC] = [2, 2 | 0o2000000];
const [SOL_SOCKET, SO_NETNS_COOKIE] = [1, 71];
/** Of the thread that asks: each may be in another one. */
const OWN_NAMESPACE = "/proc/thread-self/ns/net";

type Bytes = Uint8Array;
const unshare = libc.func("int unshare(int flags)") as (flags: number) => number;
const setns = libc.func("int setns(int fd, int type)") as (fd: number, type: number) => number;
const umount2 = libc.func("int umount2(const void *target, int flags)") as (target: Bytes, flags: number) => number;
const mount = libc.func(
  "int mount(const void *source, const void *target, const void *type, ulong flags, const void *data)",
) as (source: Bytes, target: Bytes, type: Bytes | null, flags: number, data: Bytes | null) => number;

/**
 * A new namespace, pinned at `path`; `body` runs inside before anyone else can. When it throws, nothing is left.
 * @param path of a file that is made; something left at it by a crash is taken away first.
 */
export function createNetworkNamespace<R>(path: string, body: () => R): R {
  removeNetworkNamespace(path);
  writeFileSync(path, "", { flag: "wx", mode: 0o600 });
  try {
    return elsewhere(
      () => check("unshare", unshare(CLONE_NEWNET), "network namespace"),
      () => {
        check("mount", mount(cPath(OWN_NAMESPACE), cPath(path), null, MS_BIND, null), path);
        return body();
      },
    );
  } catch (error) {
    removeNetworkNamespace(path);
    throw error;
  }
}

/** Pins one that there is, as `createNetworkNamespace` does. @param namespace its file. */
export function pinNetworkNamespace(namespace: string, path: string): void {
  removeNetworkNamespace(path);
  writeFileSync(path, "", { flag: "wx", mode: 0o600 });
  try {
    check("mount", mount(cPath(namespace), cPath(path), null, MS_BIND, null), path);
  } catch (error) {
    removeNetworkNamespace(path);
    throw error;
  }
}

/** Unpins; the kernel ends it with its last process and socket. Idempotent. */
export function removeNetworkNamespace(path: string): void {
  if (umount2(cPath(path), MNT_DETACH | UMOUNT_NOFOLLOW) < 0) {
    const failure = new SyscallError("umount2", lastErrno(), path);
    // Not there, or a plain file: a crash between the file and its mount.
    if (failure.code !== "EINVAL" && failure.code !== "ENOENT") throw failure;
  }
  rmSync(path, { force: true });
}

/**
 * Runs synchronous code in a namespace. What it opens there stays there; what it starts in the background would be anywhere.
 * @param namespace its file, or a descriptor of it.
 */
export function inNetworkNamespace<R>(namespace: string | number, body: () => R): R {
  if (typeof namespace === "number")
    return elsewhere(() => check("setns", setns(namespace, CLONE_NEWNET), `descriptor ${namespace}`), body);
  const fd = openSync(namespace, "r");
  try {
    return elsewhere(() => check("setns", setns(fd, CLONE_NEWNET), namespace), body);
  } finally {
    closeSync(fd);
  }
}

/** What tells the namespace of this thread from every other, in programs of the kernel. @throws SyscallError before Linux 5.14. */
export function networkNamespaceCookie(): bigint {
  const fd = check("socket", socket(AF_INET, DATAGRAM_CLOEXEC, 0));
  try {
    const cookie = Buffer.alloc(8);
    check("getsockopt", getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, Buffer.from([cookie.length, 0, 0, 0])));
    return cookie.readBigUInt64LE();
  } finally {
    closeSync(fd);
  }
}

/**
 * There and back. A thread that could not come back would do the daemon's work in a container's network: better no daemon
 * than that one; containers live on without it.
 */
function elsewhere<R>(leave: () => void, body: () => R): R {
  const home = openSync(OWN_NAMESPACE, "r");
  try {
    leave();
    try {
      return synchronous(body());
    } finally {
      if (setns(home, CLONE_NEWNET) < 0) process.abort();
    }
  } finally {
    closeSync(home);
  }
}

/** A promise goes on when the thread is back at home: a mistake of the caller. */
function synchronous<R>(result: R): R {
  if (result instanceof Promise) throw new TypeError("only synchronous code can run in a network namespace");
  return result;
}
