import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPEN } from "../../../daemon/linux/open-flags.ts";
import { RESOLVE, openDirectoryIn, openIn, withOpenIn } from "../../../daemon/linux/rooted.ts";

describe("openIn", () => {
  let folder: string;
  let root: number;
  const text = (path: string): string => withOpenIn(root, path, OPEN.read, (fd) => readFileSync(fd, "utf8"));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-rooted-"));
    mkdirSync(join(folder, "root/etc"), { recursive: true });
    writeFileSync(join(folder, "root/etc/passwd"), "inside");
    writeFileSync(join(folder, "secret"), "outside");
    const links = {
      absolute: "/etc/passwd",
      up: "../../../../etc/passwd",
      out: "../secret",
      loop: "loop",
      etc2: "/../etc",
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, "root", name));
    root = openSync(join(folder, "root"), "r");
  });
  afterEach(() => {
    closeSync(root);
    rmSync(folder, { recursive: true });
  });

  for (const path of ["etc/passwd", "/etc/passwd", "../../etc/passwd", "absolute", "up", "etc2/passwd", "etc2/../up"]) {
    it(`resolves ${path} inside`, () => assert.equal(text(path), "inside"));
  }

  const refused: readonly (readonly [string, string, number?])[] = [
    ["out", "ENOENT"],
    ["../secret", "ENOENT"],
    ["loop", "ELOOP"],
    ["etc/passwd/x", "ENOTDIR"],
    ["absolute", "ELOOP", RESOLVE.noSymlinks],
  ];
  for (const [path, code, resolve] of refused) {
    it(`refuses ${path} with ${code}`, () => {
      assert.throws(() => openIn(root, path, OPEN.read, 0, resolve), { code });
    });
  }

  it("refuses a NUL, behind which the kernel would not look", () => {
    assert.throws(() => openIn(root, "etc/passwd\0.txt", OPEN.read), RangeError);
  });

  it("openDirectoryIn makes what is missing, through links inside, and tells of it", () => {
    const made: string[] = [];
    closeSync(openDirectoryIn(root, "etc2/a/b", 0o711, undefined, (path) => made.push(path)));
    assert.deepEqual(
      [made, readdirSync(join(folder, "root/etc"))],
      [
        ["etc2/a", "etc2/a/b"],
        ["a", "passwd"],
      ],
    );
  });

  it("openDirectoryIn makes nothing outside", () => {
    symlinkSync("../new", join(folder, "root/dangling"));
    assert.throws(() => openDirectoryIn(root, "dangling/x", 0o755), { code: "EEXIST" });
    assert.throws(() => openDirectoryIn(root, "etc/passwd/x", 0o755), { code: "ENOTDIR" });
    assert.equal(existsSync(join(folder, "new")), false);
  });
});
