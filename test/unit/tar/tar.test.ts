import assert from "node:assert/strict";
import { encodeEnd, encodeHeader, encodePadding } from "../../../daemon/oci/tar/encode.ts";
import type { TarEntry } from "../../../daemon/oci/tar/entry.ts";
import { decodeHeader } from "../../../daemon/oci/tar/header.ts";
import { decodePax, encodePax, formatPaxTime, paxTime } from "../../../daemon/oci/tar/pax.ts";
import { tarArchive } from "../../support/tar.ts";
import { collect } from "./collect.ts";

const invalid = (message: RegExp) => ({ name: "EngineError", kind: "InvalidParameter", message });

const PLAIN: TarEntry = {
  type: "file",
  name: "dir/file",
  linkName: "",
  mode: 0o644,
  uid: 1,
  gid: 2,
  userName: "user",
  groupName: "group",
  size: 5,
  modified: { seconds: 1_700_000_000, nanoseconds: 0 },
  device: { major: 0, minor: 0 },
  xattrs: new Map(),
};

function archive(...entries: readonly (readonly [TarEntry, string])[]): Buffer {
  const parts = entries.flatMap(([entry, data]) => [
    encodeHeader(entry),
    Buffer.from(data, "latin1"),
    encodePadding(entry.size),
  ]);
  return Buffer.concat([...parts, encodeEnd()]);
}

/** A header whose fields are patched; the checksum is made right again. */
function patched(entry: TarEntry, patch: (block: Buffer) => void): Buffer {
  const block = encodeHeader(entry);
  patch(block);
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

describe("encodeHeader and TarEntryParser", () => {
  const entries: readonly (readonly [what: string, change: Partial<TarEntry>, blocks: number])[] = [
    ["a file", {}, 1],
    ["an empty file", { size: 0 }, 1],
    ["a directory", { type: "directory", name: "dir/", mode: 0o1777, size: 0 }, 1],
    ["a symbolic link", { type: "symlink", linkName: "../target", size: 0 }, 1],
    ["a hard link", { type: "hardlink", linkName: "dir/other", size: 0 }, 1],
    ["a device", { type: "character", device: { major: 259, minor: 300 }, size: 0 }, 1],
    ["a fifo", { type: "fifo", size: 0, mode: 0o4711 }, 1],
    ["a long name", { name: `${"n".repeat(99)}/${"m".repeat(200)}` }, 3],
    ["a name that is no text", { name: "\xff\xfe/\x80" }, 3],
    ["a long target", { type: "symlink", linkName: "t".repeat(3000), size: 0 }, 8],
    ["a time with nanoseconds", { modified: { seconds: 5, nanoseconds: 120_000_000 } }, 3],
    ["a time before 1970", { modified: { seconds: -2, nanoseconds: 1 } }, 3],
    ["large ids", { uid: 4_000_000_000, gid: 3_000_000 }, 3],
    ["attributes", { xattrs: new Map([["security.capability", Buffer.from([0, 10, 255, 61])]]) }, 3],
  ];
  for (const [what, change, blocks] of entries) {
    it(`${what} comes out as it went in, whatever the chunks`, () => {
      const entry = { ...PLAIN, ...change };
      const data = "x".repeat(entry.size);
      const bytes = archive([entry, data], [PLAIN, "again"]);
      const expected = [
        { entry, data: data === "" ? [] : [[0, data]] },
        { entry: PLAIN, data: [[0, "again"]] },
      ];
      for (const chunk of [bytes.length, 512, 511, 7]) assert.deepEqual(collect(bytes, chunk), expected);
      assert.equal(encodeHeader(entry).length, blocks * 512);
    });
  }
});

describe("decodeHeader", () => {
  const numbers: readonly (readonly [what: string, bytes: readonly number[] | string, value: number])[] = [
    ["octal with NUL", "0000017\0", 15],
    ["octal with spaces", "    17 \0", 15],
    ["octal that fills the field", "00000017", 15],
    ["nothing", "\0\0\0\0\0\0\0\0", 0],
    ["base-256", [0x80, 0, 0, 0, 0, 1, 0, 2], 65538],
    ["negative base-256", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2],
  ];
  for (const [what, bytes, value] of numbers) {
    it(`reads a number of ${what}`, () => {
      const block = patched(PLAIN, (header) =>
        (typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes)).copy(header, 108),
      );
      assert.equal(decodeHeader(block)?.uid, value);
    });
  }

  it("joins the prefix of ustar and leaves that of GNU", () => {
    const ustar = patched(PLAIN, (block) => void block.write("some/prefix", 345));
    const gnu = patched(PLAIN, (block) => void (block.write("some/prefix", 345), block.write("ustar  \0", 257)));
    assert.deepEqual([decodeHeader(ustar)?.name, decodeHeader(gnu)?.name], ["some/prefix/dir/file", "dir/file"]);
  });

  it("takes checksums of signed characters", () => {
    const block = patched({ ...PLAIN, name: "plain" }, (header) => void header.write("\xe9", 0, "latin1"));
    const sum = Number.parseInt(block.toString("latin1", 148, 154), 8) - 256;
    block.write(sum.toString(8).padStart(6, "0"), 148);
    assert.equal(decodeHeader(block)?.name, "\xe9lain");
  });

  it("refuses a wrong checksum and a number that is none", () => {
    assert.throws(() => decodeHeader(encodeHeader(PLAIN).fill("x", 0, 1)), invalid(/checksum/));
    assert.throws(
      () => decodeHeader(patched(PLAIN, (block) => void block.write("0009", 108))),
      invalid(/uid is not an octal/),
    );
    const huge = patched(PLAIN, (block) => void block.fill(0x7f, 124, 136).fill(0x80, 124, 125));
    assert.throws(() => decodeHeader(huge), invalid(/size is out of range/));
  });

  it("answers undefined for zeros", () => assert.equal(decodeHeader(Buffer.alloc(512)), undefined));
});

describe("pax records", () => {
  it("decode what they encode, at lengths where the length grows by a digit", () => {
    for (let length = 0; length < 1100; length++) {
      const records = new Map([
        ["key", "v".repeat(length)],
        ["other", "a=b\nc"],
      ]);
      assert.deepEqual(decodePax(encodePax(records)).values, records);
    }
  });

  const wrong = [
    "",
    "x",
    "0 k=v\n",
    "5 k=v\n",
    "7 k=v\n",
    "6 =v\n\n",
    "6 k v\n",
    "6 k=v ",
    "99999999999999 k=v\n",
    "-6 k=v\n",
    "6k=v\n",
  ];
  for (const text of wrong.slice(1)) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => decodePax(Buffer.from(text)), invalid(/pax record/)));
  }

  it("refuses a NUL in a name", () => {
    assert.throws(() => decodePax(encodePax(new Map([["path", "a\0b"]]))), invalid(/holds a NUL/));
  });

  const times: readonly (readonly [string, number, number, string?])[] = [
    ["0", 0, 0],
    ["1.5", 1, 500_000_000],
    ["-1.5", -2, 500_000_000],
    ["-1", -1, 0],
    ["12.000000001", 12, 1],
    ["12.0000000019", 12, 1, "12.000000001"],
    ["3.", 3, 0, "3"],
  ];
  for (const [text, seconds, nanoseconds, shown = text] of times) {
    it(`time ${text} is ${seconds} s and ${nanoseconds} ns`, () => {
      assert.deepEqual(
        [paxTime(text, "mtime"), formatPaxTime({ seconds, nanoseconds })],
        [{ seconds, nanoseconds }, shown],
      );
    });
  }
});

describe("TarEntryParser", () => {
  const long = (flag: "L" | "K", text: string): Buffer => {
    const block = patched(
      { ...PLAIN, name: "././@LongLink", size: text.length },
      (header) => void header.write(flag, 156),
    );
    return Buffer.concat([block, Buffer.from(text, "latin1"), encodePadding(text.length)]);
  };

  it("reads GNU long names and targets", () => {
    const link = encodeHeader({ ...PLAIN, type: "symlink", name: "cut", size: 0 });
    const bytes = Buffer.concat([
      long("L", `${"n".repeat(500)}\0`),
      long("K", `${"t".repeat(600)}\0`),
      link,
      encodeEnd(),
    ]);
    const [found] = collect(bytes);
    assert.deepEqual([found?.entry.name, found?.entry.linkName], ["n".repeat(500), "t".repeat(600)]);
  });

  it("reads an old file whose name ends with a slash as a directory", () => {
    const block = patched({ ...PLAIN, name: "dir/", size: 0 }, (header) => void header.fill(0, 156, 157));
    assert.equal(collect(Buffer.concat([block, encodeEnd()]))[0]?.entry.type, "directory");
  });

  it("takes owners from a global header, and no path", () => {
    const body = encodePax(
      new Map([
        ["path", "everything"],
        ["uid", "77"],
      ]),
    );
    const globals = patched(
      { ...PLAIN, name: "pax_global_header", size: body.length },
      (block) => void block.write("g", 156),
    );
    const bytes = Buffer.concat([globals, body, encodePadding(body.length), archive([PLAIN, "12345"])]);
    assert.deepEqual([collect(bytes)[0]?.entry.name, collect(bytes)[0]?.entry.uid], ["dir/file", 77]);
  });

  it("gives links and directories no bytes, whatever their size says", () => {
    const block = patched(
      { ...PLAIN, type: "directory", name: "d/", size: 0 },
      (header) => void header.write("00000001000", 124),
    );
    assert.deepEqual(
      collect(Buffer.concat([block, archive([PLAIN, "12345"])])).map(({ entry }) => entry.name),
      ["d/", "dir/file"],
    );
  });

  it("ignores what follows the end", () => {
    assert.equal(collect(Buffer.concat([archive([PLAIN, "12345"]), Buffer.from("anything")])).length, 1);
  });

  it("reads the archives of the other tests", () => {
    const bytes = tarArchive([{ name: "a", data: "b", pax: { "SCHILY.xattr.user.x": "y" } }]);
    assert.deepEqual(collect(bytes)[0]?.entry.xattrs, new Map([["user.x", Buffer.from("y")]]));
  });

  const sparse = (records: Record<string, string>, data: string): Buffer => {
    const body = encodePax(new Map(Object.entries(records)));
    const carrier = patched({ ...PLAIN, name: "PaxHeaders", size: body.length }, (block) => void block.write("x", 156));
    const file = encodeHeader({ ...PLAIN, name: "GNUSparseFile.0/file", size: data.length });
    return Buffer.concat([
      carrier,
      body,
      encodePadding(body.length),
      file,
      Buffer.from(data),
      encodePadding(data.length),
      encodeEnd(),
    ]);
  };
  const map = "2\n10\n3\n100\n2\n".padEnd(512, "\0");
  const version1 = { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "file" };
  const sparseFiles: readonly (readonly [string, Buffer])[] = [
    ["0.1", sparse({ "GNU.sparse.name": "file", "GNU.sparse.size": "200", "GNU.sparse.map": "10,3,100,2" }, "abcde")],
    ["1.0", sparse({ ...version1, "GNU.sparse.realsize": "200" }, `${map}abcde`)],
  ];
  for (const [version, bytes] of sparseFiles) {
    it(`reads a sparse file of version ${version}`, () => {
      for (const chunk of [bytes.length, 13]) {
        const [found] = collect(bytes, chunk);
        assert.deepEqual(
          [found?.entry.name, found?.entry.size, found?.data],
          [
            "file",
            200,
            [
              [10, "abc"],
              [100, "de"],
            ],
          ],
        );
      }
    });
  }

  const entry = encodeHeader(PLAIN);
  const pax = (records: Record<string, string>): Buffer => tarArchive([{ name: "x", data: "12345", pax: records }]);
  const refused: readonly (readonly [what: string, bytes: Buffer, message: RegExp])[] = [
    ["a body that is cut", entry, /"dir\/file": it ends too early/],
    ["a header that is cut", entry.subarray(0, 100), /ends too early/],
    ["an extended header without an entry", long("L", "name"), /no entry behind it/],
    ["an entry behind a block of zeros", Buffer.concat([Buffer.alloc(512), entry]), /follows a block of zeros/],
    ["an unknown type", patched(PLAIN, (block) => void block.write("Z", 156)), /type "Z" is unknown/],
    [
      "an extended header of 10 GB",
      patched({ ...PLAIN, size: 8 ** 11 - 1 }, (block) => void block.write("x", 156)),
      /too long/,
    ],
    ["a long name of 1 MB", patched({ ...PLAIN, size: 1_000_000 }, (block) => void block.write("L", 156)), /too long/],
    ["a name longer than a path", tarArchive([{ name: "n/".repeat(3000) }]), /longer than 4096/],
    ["no name", patched({ ...PLAIN, name: "" }, () => undefined), /no name/],
    ["an id of -1", pax({ uid: "4294967295" }), /uid 4294967295 is out of range/],
    ["a size that is none", pax({ size: "-5" }), /size is not a number/],
    ["a sparse map that overlaps", pax({ "GNU.sparse.size": "20", "GNU.sparse.map": "0,3,2,2" }), /inconsistent/],
    ["a sparse map past the end", pax({ "GNU.sparse.size": "20", "GNU.sparse.map": "0,3,19,2" }), /inconsistent/],
    ["a sparse map of other bytes", pax({ "GNU.sparse.size": "20", "GNU.sparse.map": "0,3" }), /does not match/],
    [
      "a sparse map that never ends",
      sparse({ ...version1, "GNU.sparse.realsize": "9" }, "1000000\n".padEnd(512, "\0")),
      /sparse map/,
    ],
    [
      "a sparse map of too many",
      sparse({ ...version1, "GNU.sparse.realsize": "9" }, "9000000\n".padEnd(512, "\0")),
      /too long/,
    ],
  ];
  for (const [what, bytes, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => collect(bytes), invalid(message));
      assert.throws(() => collect(bytes, 100), invalid(message));
    });
  }
});
