/** bpf(2): maps, and programs that the processes of a cgroup run in their system calls. Sizes in bytes. */
import { closeSync, openSync } from "node:fs";
import koffi from "koffi";
import { check, libc } from "../libc.ts";

const SYSCALL_NUMBERS: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const [MAP_CREATE, MAP_UPDATE_ELEM, MAP_DELETE_ELEM, PROG_LOAD, LINK_CREATE] = [0, 2, 3, 5, 28];
const PROG_TYPE_CGROUP_SOCK_ADDR = 18;
/** Room is taken for each element when it comes, not for all of them at once; one that forgets the oldest cannot. */
const NO_PREALLOC = 1;
const INSTRUCTION = 8;
const NAME = 16;
/** Nothing that our programs call is kept for those under the GPL. */
const LICENSE = Buffer.from("Apache-2.0\0");

const Element = koffi.struct("bpf_attr_element", {
  map: "uint32",
  padding: "uint32",
  key: "uint8 *",
  value: "uint8 *",
  flags: "uint64",
});
const Program = koffi.struct("bpf_attr_program", {
  type: "uint32",
  count: "uint32",
  instructions: "uint8 *",
  license: "uint8 *",
  logLevel: "uint32",
  logSize: "uint32",
  log: "uint8 *",
  kernelVersion: "uint32",
  flags: "uint32",
  name: koffi.array("uint8", NAME),
  interface: "uint32",
  attachType: "uint32",
});
type Bpf<Attributes> = (number: number, command: number, attributes: Attributes, size: number) => number;
const bpfElement = libc.func("syscall", "long", ["long", "int", koffi.pointer(Element), "uint"]) as Bpf<object>;
const bpfProgram = libc.func("syscall", "long", ["long", "int", koffi.pointer(Program), "uint"]) as Bpf<object>;
const bpfBytes = libc.func("long syscall(long number, int command, void *attributes, uint size)") as Bpf<Uint8Array>;

/** Of this architecture; the call fails with ENOSYS where we do not know it. */
const NUMBER = SYSCALL_NUMBERS[process.arch] ?? -1;

export const MAP_TYPE = { hash: 1, lruHash: 9 } as const;

export interface MapOptions {
  readonly type: (typeof MAP_TYPE)[keyof typeof MAP_TYPE];
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** At most 15 characters, for those who look at the kernel's list. */
  readonly name: string;
}

/** A map between this process and programs of the kernel. It lives as long as one of them. */
export class BpfMap implements Disposable {
  readonly fd: number;

  /** @throws SyscallError EPERM without CAP_BPF, ENOSYS or EINVAL where the kernel cannot. */
  constructor({ type, keySize, valueSize, maxEntries, name }: MapOptions) {
    const attributes = Buffer.alloc(28 + NAME);
    const flags = type === MAP_TYPE.lruHash ? 0 : NO_PREALLOC;
    for (const [index, value] of [type, keySize, valueSize, maxEntries, flags].entries())
      attributes.writeUInt32LE(value, index * 4);
    nameOf(name).copy(attributes, 28);
    this.fd = check("bpf", bpfBytes(NUMBER, MAP_CREATE, attributes, attributes.length), `map ${name}`);
  }

  /** Adds an element or replaces it. @throws SyscallError E2BIG when the map is full. */
  set(key: Uint8Array, value: Uint8Array): void {
    check("bpf", this.#element(MAP_UPDATE_ELEM, key, value), "update");
  }

  /** Idempotent. */
  delete(key: Uint8Array): void {
    this.#element(MAP_DELETE_ELEM, key, null);
  }

  #element(command: number, key: Uint8Array, value: Uint8Array | null): number {
    const element = { map: this.fd, padding: 0, key, value, flags: 0 };
    return bpfElement(NUMBER, command, element, koffi.sizeof(Element));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Where in a system call a program of a cgroup is run (enum bpf_attach_type). */
export const ATTACH_TYPE = { inet4Connect: 10, inet4GetPeerName: 29, inet4GetSockName: 31 } as const;
type AttachType = (typeof ATTACH_TYPE)[keyof typeof ATTACH_TYPE];

/**
 * Loads a program and lets every process of a cgroup, and of those below it, run it beside programs of others.
 * @param cgroup path of a folder of version 2.
 * @returns it is run until it is disposed of, or this process ends.
 * @throws SyscallError EPERM without CAP_BPF and CAP_NET_ADMIN, EINVAL where the kernel cannot, EACCES when its verifier refuses.
 */
export function attachToCgroup(
  cgroup: string,
  {
    instructions,
    attachType,
    name,
  }: { readonly instructions: Buffer; readonly attachType: AttachType; readonly name: string },
): Disposable {
  using undo = new DisposableStack();
  const program = {
    type: PROG_TYPE_CGROUP_SOCK_ADDR,
    count: instructions.length / INSTRUCTION,
    instructions,
    license: LICENSE,
    logLevel: 0,
    logSize: 0,
    log: null,
    kernelVersion: 0,
    flags: 0,
    name: nameOf(name),
    interface: 0,
    attachType,
  };
  const loaded = check("bpf", bpfProgram(NUMBER, PROG_LOAD, program, koffi.sizeof(Program)), `program ${name}`);
  undo.defer(() => closeSync(loaded));
  const folder = openSync(cgroup, "r");
  undo.defer(() => closeSync(folder));
  const attributes = Buffer.alloc(16);
  for (const [index, value] of [loaded, folder, attachType].entries()) attributes.writeUInt32LE(value, index * 4);
  const link = check("bpf", bpfBytes(NUMBER, LINK_CREATE, attributes, attributes.length), `link of ${name}`);
  return { [Symbol.dispose]: () => closeSync(link) };
}

function nameOf(text: string): Buffer {
  const name = Buffer.alloc(NAME);
  name.write(text.slice(0, NAME - 1), "latin1");
  return name;
}
