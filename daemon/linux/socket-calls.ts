/** socket(2) and what is done with one before it is used. Each belongs to the network namespace in which it was opened, for life. */
import { libc } from "./libc.ts";

type Bytes = Uint8Array;

export const socket = libc.func("int socket(int domain, int type, int protocol)") as (
  domain: number,
  type: number,
  protocol: number,
) => number;

/** @param address a struct sockaddr of the socket's domain. */
export const bind = libc.func("int bind(int fd, const void *address, uint length)") as (
  fd: number,
  address: Bytes,
  length: number,
) => number;

export const connect = libc.func("int connect(int fd, const void *address, uint length)") as (
  fd: number,
  address: Bytes,
  length: number,
) => number;

export const listen = libc.func("int listen(int fd, int backlog)") as (fd: number, backlog: number) => number;

/** @param length 4 bytes: the room in `value`, and then how much of it is used. */
export const getsockopt = libc.func("int getsockopt(int fd, int level, int name, void *value, void *length)") as (
  fd: number,
  level: number,
  name: number,
  value: Bytes,
  length: Bytes,
) => number;

export const setsockopt = libc.func("int setsockopt(int fd, int level, int name, const void *value, uint length)") as (
  fd: number,
  level: number,
  name: number,
  value: Bytes,
  length: number,
) => number;
