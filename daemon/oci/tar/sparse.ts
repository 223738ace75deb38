import { malformed } from "./entry.ts";
import { number } from "./header.ts";
import { paxInteger } from "./pax.ts";

/** A stretch of a sparse file that the archive holds bytes of. Between them are holes. Bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** More is refused: 16 MiB of map, far above what any file system's own fragmentation needs. */
export const EXTENTS_MAX = 1_000_000;

/** Extents in an old GNU header, and in each extension block behind it (GNU tar manual, "Storing Sparse Files"). */
export const OLD_GNU_IN_HEADER = { at: 386, count: 4, more: 482, realSize: 483 } as const;
export const OLD_GNU_IN_EXTENSION = { at: 0, count: 21, more: 504 } as const;

/** Pairs of 12-byte numbers; the first empty one ends the list. */
export function oldGnuExtents(block: Buffer, at: number, count: number): readonly Extent[] {
  const extents: Extent[] = [];
  for (let n = 0; n < count; n++) {
    const place = at + 24 * n;
    if (block[place] === 0 || block[place + 12] === 0) break;
    extents.push({
      offset: number(block, place, 12, "sparse offset"),
      length: number(block, place + 12, 12, "sparse length"),
    });
  }
  return extents;
}

/** Formats 0.0 and 0.1: offsets and lengths, alternating. */
export function pairedExtents(numbers: readonly string[]): readonly Extent[] {
  if (numbers.length % 2 !== 0) throw malformed("a sparse map has an odd count of numbers");
  if (numbers.length > 2 * EXTENTS_MAX) throw malformed("a sparse map is too long");
  const extents: Extent[] = [];
  for (let n = 0; n < numbers.length; n += 2) {
    extents.push({
      offset: paxInteger(numbers[n] ?? "", "GNU.sparse.offset"),
      length: paxInteger(numbers[n + 1] ?? "", "GNU.sparse.numbytes"),
    });
  }
  return extents;
}

/** Format 1.0: a map in front of the file's own bytes, as decimal lines: how many, then each offset and length. */
export class SparseMapReader {
  #numbers: number[] = [];
  #digits = "";

  /** @returns the map once it is whole. @param block one block of 512 bytes. */
  push(block: Buffer): readonly Extent[] | undefined {
    for (const character of block.toString("latin1")) {
      if (character !== "\n") {
        this.#digits += character;
        if (this.#digits.length > 20) throw malformed("a sparse map holds no number where one must be");
        continue;
      }
      this.#numbers.push(paxInteger(this.#digits, "sparse map"));
      this.#digits = "";
      const count = this.#numbers[0] ?? 0;
      if (count > EXTENTS_MAX) throw malformed("a sparse map is too long");
      if (this.#numbers.length === 1 + 2 * count) return this.#extents();
    }
    return undefined;
  }

  #extents(): readonly Extent[] {
    const extents: Extent[] = [];
    for (let n = 1; n < this.#numbers.length; n += 2)
      extents.push({ offset: this.#numbers[n] ?? 0, length: this.#numbers[n + 1] ?? 0 });
    return extents;
  }
}

/**
 * In order, apart, inside the file, and together exactly the bytes that follow.
 * @throws EngineError InvalidParameter.
 */
export function checkExtents(extents: readonly Extent[], size: number, stored: number, name: string): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of extents) {
    if (offset < end || length < 0 || offset + length > size) throw malformed("its sparse map is inconsistent", name);
    end = offset + length;
    total += length;
  }
  if (total !== stored) throw malformed("its sparse map does not match the bytes stored", name);
}
