/** A tree with one of everything that a file system can hold. As root. */
import {
  chmodSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { cPathOfBytes } from "../../daemon/linux/c-path.ts";
import { setModifiedAt } from "../../daemon/linux/descriptors.ts";
import { TYPE, deviceNumber, makeNodeAt, modeAt, ownAt } from "../../daemon/linux/entries.ts";
import { setXattrOf } from "../../daemon/linux/xattr.ts";

/** struct vfs_cap_data, revision 2: cap_net_raw, permitted and effective (include/uapi/linux/capability.h). */
const NET_RAW = Buffer.from("0100000200200000000000000000000000000000", "hex");

export function makeMotleyTree(root: string): void {
  mkdirSync(root, { recursive: true });
  const at = (name: string): string => join(root, name);
  for (const name of ["etc", "deep/er/and/deeper", "sticky", "private"]) mkdirSync(at(name), { recursive: true });
  writeFileSync(at("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
  writeFileSync(at("empty"), "");
  writeFileSync(at("deep/er/and/deeper/big"), Buffer.alloc(3_000_001, "0123456789abcdef"));
  for (const [name, mode] of [
    ["suid", 0o4755],
    ["sgid", 0o2755],
    ["none", 0],
    ["all", 0o777],
  ] as const) {
    writeFileSync(at(name), name);
    chmodSync(at(name), mode);
  }
  chmodSync(at("sticky"), 0o1777);
  chmodSync(at("private"), 0o2700);
  linkSync(at("etc/passwd"), at("deep/passwd"));
  linkSync(at("etc/passwd"), at("zz-passwd"));
  symlinkSync("/etc/../etc/passwd", at("absolute"));
  symlinkSync("../../outside", at("deep/dangling"));
  symlinkSync("t".repeat(300), at("long-target"));
  makeNames(root);
  makeSparse(at("sparse"));
  makeNodes(root);
  setXattrOf(at("all"), "user.note", Buffer.from("with \0 and \n in it"));
  setXattrOf(at("all"), "trusted.note", Buffer.from("t"));
  setXattrOf(at("suid"), "security.capability", NET_RAW);
  setXattrOf(at("sticky"), "user.directory", Buffer.from("yes"));
  // Last: what was made above has changed the directories' own.
  ownEverything(root);
}

function makeNames(root: string): void {
  const long = `${"long-".repeat(20)}name`;
  mkdirSync(join(root, long, long), { recursive: true });
  writeFileSync(join(root, long, long, "file"), "at the end of a long path");
  writeFileSync(join(root, "ünïcödé-日本語-🐚"), "text");
  writeFileSync(Buffer.from(`${root}/not-utf8-\xff\xfe`, "latin1"), "bytes");
  writeFileSync(join(root, "with space\nand newline \\ backslash"), "odd");
  linkSync(join(root, long, long, "file"), join(root, "link-to-long"));
}

/** Holes in front, between and behind. */
function makeSparse(path: string): void {
  const file = openSync(path, "w");
  for (const [offset, text] of [
    [1_000_000, "one"],
    [2_500_000, "two"],
    [5_000_000, "three"],
  ] as const) {
    writeSync(file, text, offset);
  }
  ftruncateSync(file, 9_000_000);
  closeSync(file);
}

const AT_FDCWD = -100;

function makeNodes(root: string): void {
  const node = (name: string, type: number, device = 0n): void => {
    const path = cPathOfBytes(`${root}/${name}`);
    makeNodeAt(AT_FDCWD, path, type | 0o600, device);
    modeAt(AT_FDCWD, path, 0o640);
  };
  node("fifo", TYPE.fifo);
  node("character", TYPE.character, deviceNumber(1, 3));
  node("block", TYPE.block, deviceNumber(259, 300));
}

function ownEverything(root: string): void {
  const own = (name: string, uid: number, gid: number): void =>
    ownAt(AT_FDCWD, cPathOfBytes(`${root}/${name}`), uid, gid);
  own("all", 1000, 1001);
  own("absolute", 33, 33);
  own("fifo", 65534, 65534);
  own("sticky", 4_000_000, 3_000_000);
  lutimesSync(join(root, "absolute"), 1_500_000_000, 1_500_000_000);
  const touched: readonly (readonly [string, number, number])[] = [
    ["etc/passwd", 1_600_000_000, 123_456_789],
    ["suid", 1, 1],
    ["none", -86_400, 0],
    ["all", -1, 500_000_000],
    ["deep/er", 1_234_567_890, 987_654_321],
    ["sticky", 0, 0],
    [".", 1_700_000_000, 42],
  ];
  for (const [name, seconds, nanoseconds] of touched) {
    setModifiedAt(AT_FDCWD, cPathOfBytes(`${root}/${name}`), { seconds, nanoseconds });
  }
}
