/** Instructions of eBPF (RFC 9669), as many as our programs need. Registers are numbers; r10 is the end of the stack. */

export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
export type Width = 32 | 64;

/** One line of a program: instructions of 8 bytes, a jump to a label, or a label. */
export type Line = Buffer | { readonly jump: Buffer; readonly to: string } | { readonly label: string };

const LOAD_SIZES = { 32: 0x00, 64: 0x18 } as const;
const [LDX_MEM, STX_MEM, ST_MEM] = [0x61, 0x63, 0x62];
const [MOV_REGISTER, MOV_IMMEDIATE, ADD_IMMEDIATE, AND_IMMEDIATE] = [0xbf, 0xb7, 0x07, 0x57];
const [JEQ_IMMEDIATE, JNE_IMMEDIATE, JNE_REGISTER] = [0x15, 0x55, 0x5d];
const [CALL, EXIT, LOAD_IMMEDIATE_64] = [0x85, 0x95, 0x18];
/** The immediate is the descriptor of a map. */
const PSEUDO_MAP_FD = 1;

function instruction(code: number, to: Register, from: number, offset: number, immediate: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code);
  bytes.writeUInt8(to | (from << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate | 0, 4);
  return bytes;
}

export const move = (to: Register, from: Register): Line => instruction(MOV_REGISTER, to, from, 0, 0);
export const set = (to: Register, value: number): Line => instruction(MOV_IMMEDIATE, to, 0, 0, value);
export const add = (to: Register, value: number): Line => instruction(ADD_IMMEDIATE, to, 0, 0, value);
export const and = (to: Register, value: number): Line => instruction(AND_IMMEDIATE, to, 0, 0, value);

/** to = what is `offset` bytes behind where `from` points. */
export const load = (width: Width, to: Register, from: Register, offset: number): Line =>
  instruction(LDX_MEM | LOAD_SIZES[width], to, from, offset, 0);
export const store = (width: Width, to: Register, offset: number, from: Register): Line =>
  instruction(STX_MEM | LOAD_SIZES[width], to, from, offset, 0);
export const storeValue = (width: Width, to: Register, offset: number, value: number): Line =>
  instruction(ST_MEM | LOAD_SIZES[width], to, 0, offset, value);

export function set64(to: Register, value: bigint, source = 0): Line {
  const [low, high] = [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
  return Buffer.concat([instruction(LOAD_IMMEDIATE_64, to, source, 0, low), instruction(0, 0, 0, 0, high)]);
}
export const setMap = (to: Register, fd: number): Line => set64(to, BigInt(fd), PSEUDO_MAP_FD);

export const label = (name: string): Line => ({ label: name });
export const jumpIfEqual = (register: Register, value: number, to: string): Line => ({
  jump: instruction(JEQ_IMMEDIATE, register, 0, 0, value),
  to,
});
export const jumpUnlessEqual = (register: Register, value: number, to: string): Line => ({
  jump: instruction(JNE_IMMEDIATE, register, 0, 0, value),
  to,
});
export const jumpUnlessSame = (left: Register, right: Register, to: string): Line => ({
  jump: instruction(JNE_REGISTER, left, right, 0, 0),
  to,
});

/** Helpers of the kernel (enum bpf_func_id). The result is in r0; r1 to r5 are gone after it. */
export const HELPER = { mapLookup: 1, mapUpdate: 2, socketCookie: 46, netnsCookie: 122 } as const;
export const call = (helper: (typeof HELPER)[keyof typeof HELPER]): Line => instruction(CALL, 0, 0, 0, helper);
export const exit = (): Line => instruction(EXIT, 0, 0, 0, 0);

const INSTRUCTION = 8;

/** @throws RangeError when a label is missing. */
export function assemble(lines: readonly Line[]): Buffer {
  const labels = new Map<string, number>();
  const jumps: { readonly at: number; readonly to: string }[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  for (const line of lines) {
    if ("label" in line) {
      labels.set(line.label, at);
      continue;
    }
    const bytes = Buffer.isBuffer(line) ? line : line.jump;
    if (!Buffer.isBuffer(line)) jumps.push({ at, to: line.to });
    parts.push(bytes);
    at += bytes.length / INSTRUCTION;
  }
  const program = Buffer.concat(parts);
  for (const { at: from, to } of jumps) {
    const target = labels.get(to);
    if (target === undefined) throw new RangeError(`no label ${to}`);
    program.writeInt16LE(target - from - 1, from * INSTRUCTION + 2);
  }
  return program;
}
