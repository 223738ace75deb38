/** One field of a frame before it is encoded. Texts get the NUL that the shim asks for. */
export type Field = readonly [tag: number, value: Buffer];

export function text(tag: number, value: string): Field {
  return [tag, Buffer.from(value + "\0")];
}

export function u32(tag: number, value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return [tag, bytes];
}

export function u64(tag: number, value: bigint): Field {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return [tag, bytes];
}

/** Rows and columns, 16 bits each. */
export function size(tag: number, [rows, columns]: readonly [rows: number, columns: number]): Field {
  return u32(tag, (rows & 0xffff) | ((columns & 0xffff) << 16));
}

/** A frame: u32 bytes that follow, u16 kind, u16 sequence number, fields of u16 tag, u32 size, bytes; little-endian. */
export function encodeFrame(kind: number, seq: number, fields: readonly Field[]): Buffer {
  const length = fields.reduce((sum, [, value]) => sum + 6 + value.length, 8);
  const out = Buffer.allocUnsafe(length);
  out.writeUInt32LE(length - 4, 0);
  out.writeUInt16LE(kind, 4);
  out.writeUInt16LE(seq, 6);
  let at = 8;
  for (const [tag, value] of fields) {
    out.writeUInt16LE(tag, at);
    out.writeUInt32LE(value.length, at + 2);
    value.copy(out, at + 6);
    at += 6 + value.length;
  }
  return out;
}

/** A frame that was received. Fields that it has not are undefined, 0 for numbers. */
export class Frame {
  readonly kind: number;
  readonly seq: number;
  readonly #fields = new Map<number, Buffer>();

  /** `body` is what follows the size. @throws RangeError when it is cut short. */
  constructor(body: Buffer) {
    this.kind = body.readUInt16LE(0);
    this.seq = body.readUInt16LE(2);
    for (let at = 4; at < body.length;) {
      const tag = body.readUInt16LE(at);
      const length = body.readUInt32LE(at + 2);
      if (at + 6 + length > body.length) throw new RangeError("a field reaches beyond its frame");
      this.#fields.set(tag, body.subarray(at + 6, at + 6 + length));
      at += 6 + length;
    }
  }

  text(tag: number): string | undefined {
    const value = this.#fields.get(tag);
    return value?.subarray(0, -1).toString();
  }

  u32(tag: number): number {
    return this.#fields.get(tag)?.readUInt32LE() ?? 0;
  }
}

/** Cuts a byte stream into frames. */
export class FrameParser {
  #rest: Buffer = Buffer.alloc(0);

  *push(bytes: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readUInt32LE(0);
      if (this.#rest.length < end) return;
      const body = this.#rest.subarray(4, end);
      this.#rest = this.#rest.subarray(end);
      yield new Frame(body);
    }
  }
}
