/**
 * What runc puts in front of libseccomp's program: a system call newer than all that the profile names is answered ENOSYS,
 * not the profile's error, so that a C library falls back to an older call instead of failing.
 */

/** linux/bpf_common.h */
const LD_W_ABS = 0x20;
const JA = 0x05;
const JEQ_K = 0x15;
const JGT_K = 0x25;
const JSET_K = 0x45;
const RET_K = 0x06;
/** Offsets in struct seccomp_data (linux/seccomp.h). */
const NR = 0;
const ARCH = 4;
const X32_BIT = 0x4000_0000;
export const RET_ENOSYS = 0x0005_0000 | 38;

/** Highest numbers that the profile names for one value of seccomp_data.arch. */
export interface LastCalls {
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  /** Undefined: the profile names none of this ABI; its filter decides. */
  readonly last?: number;
  /** Calls by x32's numbers, which carry bit 30 and share x86_64's arch. */
  readonly lastX32?: number;
  /** s390 passes numbers beyond 255 through call 0: a kernel that does not know one leaves the 0. */
  readonly zeroIsUnknown?: boolean;
}

type Instruction = readonly [code: number, jt: number, jf: number, k: number];

/** Instructions of 8 bytes each; the program that follows is reached by every call that is not newer. */
export function enosysPrefix(lastCalls: readonly LastCalls[]): Uint8Array {
  const sections = lastCalls.filter(({ last, lastX32 }) => last !== undefined || lastX32 !== undefined);
  if (sections.length === 0) return new Uint8Array();
  // ja program; enosys: ret ENOSYS. Built from the end, since jumps are counted from there.
  let tail: readonly Instruction[] = [
    [JA, 0, 0, 1],
    [RET_K, 0, 0, RET_ENOSYS],
  ];
  for (const section of sections) tail = [...sectionOf(section, tail.length), ...tail];
  return encode([[LD_W_ABS, 0, 0, ARCH], ...tail]);
}

/** @param after instructions between the section and the program: the last of them is the return. */
function sectionOf({ arch, last, lastX32, zeroIsUnknown }: LastCalls, after: number): readonly Instruction[] {
  const body: Instruction[] = [];
  const zero = zeroIsUnknown === true ? 1 : 0;
  const length = 3 + zero + 2;
  /** From the instruction at `index` of the body to the return, and to the program behind it. */
  const toEnosys = (index: number): number => length - index - 1 + after - 1;
  const toProgram = (index: number): number => toEnosys(index) + 1;
  const above = (index: number, number: number | undefined): Instruction =>
    number === undefined ? [JA, 0, 0, toProgram(index)] : [JGT_K, toEnosys(index), toProgram(index), number];
  body.push([JEQ_K, 0, length - 1, arch], [LD_W_ABS, 0, 0, NR]);
  if (zero === 1) body.push([JEQ_K, toEnosys(2), 0, 0]);
  const isX86 = arch === AUDIT_ARCH_X86_64;
  body.push(isX86 ? [JSET_K, 1, 0, X32_BIT] : [JA, 0, 0, 0]);
  body.push(above(body.length, last));
  body.push(above(body.length, lastX32));
  return body;
}

export const AUDIT_ARCH_X86_64 = 0xc000_003e;

/** struct sock_filter, in the machine's own byte order (little endian wherever Node runs but s390x). */
function encode(program: readonly Instruction[]): Uint8Array {
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(([code, jt, jf, k], index) => {
    bytes.setUint16(index * 8, code, little);
    bytes.setUint8(index * 8 + 2, jt);
    bytes.setUint8(index * 8 + 3, jf);
    bytes.setUint32(index * 8 + 4, k, little);
  });
  return new Uint8Array(bytes.buffer);
}
