// A zip archive (PKWARE APPNOTE 6.3), as far as a .vsix needs one: deflated files with their modes, no zip64.
import { crc32, deflateRawSync } from "node:zlib";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const DEFLATED = 8;
/** UTF-8 names. */
const FLAGS = 0x0800;
const VERSION = 20;
/** Made on Unix, whose modes are in the upper half of the external attributes. */
const MADE_BY = (3 << 8) | VERSION;
/** 1980-01-01, so that the same files make the same archive. */
const DATE = (0 << 9) | (1 << 5) | 1;

/** @param files `{ name, data, mode }` each; names with slashes */
export function zip(files) {
  const bodies = [];
  const entries = [];
  let offset = 0;
  for (const { name, data, mode = 0o644 } of files) {
    const path = Buffer.from(name);
    const packed = deflateRawSync(data, { level: 9 });
    const facts = Buffer.alloc(26);
    [VERSION, FLAGS, DEFLATED, 0, DATE].forEach((value, index) => facts.writeUInt16LE(value, index * 2));
    [crc32(data), packed.length, data.length].forEach((value, index) => facts.writeUInt32LE(value, 10 + index * 4));
    facts.writeUInt16LE(path.length, 22);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(LOCAL);
    bodies.push(head, facts, path, packed);
    entries.push(centralEntry(facts, path, mode, offset));
    offset += head.length + facts.length + path.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, directory, end]);
}

function centralEntry(facts, path, mode, offset) {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(CENTRAL);
  head.writeUInt16LE(MADE_BY, 4);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([head, facts, tail, path]);
}
