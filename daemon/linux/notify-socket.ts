/** Datagrams to the service manager (sd_notify(3)): Node has no unix datagram sockets. */
import { closeSync } from "node:fs";
import { check, libc } from "./libc.ts";
import { socket } from "./socket-calls.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const PATH_OFFSET = 2;

const sendto = libc.func(
  "long sendto(int fd, const void *data, size_t size, int flags, const void *address, uint length)",
) as (fd: number, data: Uint8Array, size: number, flags: number, address: Uint8Array, length: number) => number;

/**
 * Sends one message, in one call that does not block for longer than the receiver's queue is full.
 * @param path of the socket; one that begins with `@` is abstract (unix(7)).
 * @throws SyscallError when nobody takes it.
 */
export function sendToUnixSocket(path: string, message: string): void {
  const name = Buffer.from(path);
  if (path.startsWith("@")) name[0] = 0;
  const address = Buffer.alloc(PATH_OFFSET + name.length + (path.startsWith("@") ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, PATH_OFFSET);
  const fd = check("socket", socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const data = Buffer.from(message);
    check("sendto", sendto(fd, data, data.length, MSG_NOSIGNAL, address, address.length), path);
  } finally {
    closeSync(fd);
  }
}
