/** Classic BPF as seccomp runs it (linux/bpf_common.h, kernel/seccomp.c): enough of it for the programs of libseccomp and ours. */
import koffi from "koffi";

export interface SystemCall {
  readonly arch: number;
  readonly nr: number;
  readonly args?: readonly bigint[];
}

/** struct seccomp_data: nr, arch, instruction pointer, six arguments. */
function dataOf({ arch, nr, args = [] }: SystemCall): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, nr >>> 0, true);
  data.setUint32(4, arch >>> 0, true);
  args.forEach((value, index) => data.setBigUint64(16 + index * 8, BigInt.asUintN(64, value), true));
  return data;
}

/** What the kernel does with the call: SECCOMP_RET_* and its data. */
export function runFilter(program: Uint8Array, call: SystemCall): number {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = dataOf(call);
  let a = 0;
  for (let pc = 0; pc * 8 < program.byteLength; pc++) {
    const op = code.getUint16(pc * 8, true);
    const k = code.getUint32(pc * 8 + 4, true);
    const jump = (taken: boolean): number => code.getUint8(pc * 8 + (taken ? 2 : 3));
    if (op === 0x20) a = data.getUint32(k, true);
    else if (op === 0x54) a = (a & k) >>> 0;
    else if (op === 0x05) pc += k;
    else if (op === 0x15) pc += jump(a === k);
    else if (op === 0x25) pc += jump(a > k);
    else if (op === 0x35) pc += jump(a >= k);
    else if (op === 0x45) pc += jump((a & k) !== 0);
    else if (op === 0x06) return k;
    else throw new Error(`instruction ${op.toString(16)} at ${pc} is not known`);
  }
  throw new Error("the program has no end");
}

const libc = koffi.load("libc.so.6");
const ptrace = libc.func("long ptrace(long request, int pid, uintptr_t address, void *data)") as (
  request: number,
  pid: number,
  address: number,
  data: Uint8Array | null,
) => number;
const waitpid = libc.func("int waitpid(int pid, void *status, int options)") as (
  pid: number,
  status: Uint8Array,
  options: number,
) => number;

const PTRACE = { seize: 0x4206, interrupt: 0x4207, detach: 17, getFilter: 0x420c };
const WALL = 0x4000_0000;

/** The program that a process was given last (ptrace(2), PTRACE_SECCOMP_GET_FILTER); the process is stopped for a moment. */
export function filterOf(pid: number): Uint8Array {
  const must = (result: number, what: string): number => {
    if (result < 0) throw new Error(`${what} of ${pid}: errno ${koffi.errno()}`);
    return result;
  };
  must(ptrace(PTRACE.seize, pid, 0, null), "PTRACE_SEIZE");
  try {
    must(ptrace(PTRACE.interrupt, pid, 0, null), "PTRACE_INTERRUPT");
    must(waitpid(pid, new Uint8Array(4), WALL), "waitpid");
    const length = must(ptrace(PTRACE.getFilter, pid, 0, null), "PTRACE_SECCOMP_GET_FILTER");
    const program = new Uint8Array(length * 8);
    must(ptrace(PTRACE.getFilter, pid, 0, program), "PTRACE_SECCOMP_GET_FILTER");
    return program;
  } finally {
    ptrace(PTRACE.detach, pid, 0, null);
  }
}
