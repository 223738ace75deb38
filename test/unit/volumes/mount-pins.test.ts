import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { MountPins } from "../../../daemon/volumes/mount-pins.ts";

const ATTEMPTS = 300;

/** Swaps a directory and a link that leads out, as fast as it can. */
const SWAPPER = `
  const { renameSync } = require("node:fs");
  const { workerData, parentPort } = require("node:worker_threads");
  const stop = new Int32Array(workerData.stop);
  parentPort.postMessage("runs");
  while (Atomics.load(stop, 0) === 0) {
    renameSync(workerData.at, workerData.at + "-dir");
    renameSync(workerData.at + "-link", workerData.at);
    renameSync(workerData.at, workerData.at + "-link");
    renameSync(workerData.at + "-dir", workerData.at);
  }`;

describe("MountPins", () => {
  let root: string;
  let volume: string;
  let pins: MountPins;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-pins-"));
    volume = join(root, "volume");
    mkdirSync(join(volume, "a/b"), { recursive: true });
    writeFileSync(join(volume, "a/b/file"), "inside");
    mkdirSync(join(root, "outside"));
    writeFileSync(join(root, "outside/file"), "outside");
    pins = new MountPins(join(root, "pins"));
  });
  afterEach(() => {
    pins.release("id");
    rmSync(root, { recursive: true });
  });

  it("pin holds a directory or a file, release lets go of all", () => {
    const directory = pins.pin("id", "0", volume, "a/b");
    const file = pins.pin("id", "1", volume, "a/b/file");
    renameSync(join(volume, "a"), join(volume, "elsewhere"));
    assert.deepEqual([readFileSync(join(directory, "file"), "utf8"), readFileSync(file, "utf8")], ["inside", "inside"]);
    assert.deepEqual(pins.list(), ["id"]);
    pins.release("id");
    pins.release("id");
    assert.deepEqual([pins.list(), readdirSync(volume)], [[], ["elsewhere"]]);
  });

  const missing: readonly (readonly [string, RegExp])[] = [
    ["no/such", /^cannot access path .*\/no\/such: lstat .*: no such file or directory$/],
    ["a/b/file/x", /not a directory$/],
    ["loop", /too many levels of symbolic links$/],
    ["out/file", /no such file or directory$/],
    ["../outside", /no such file or directory$/],
  ];
  for (const [subpath, message] of missing) {
    it(`refuses ${subpath}`, () => {
      symlinkSync("loop", join(volume, "loop"));
      symlinkSync(join(root, "outside"), join(volume, "out"));
      assert.throws(() => pins.pin("id", "0", volume, subpath), { kind: "InvalidParameter", message });
    });
  }

  it("a link that is swapped in while it is mounted never leads out", async () => {
    const at = join(volume, "swapped");
    mkdirSync(at);
    writeFileSync(join(at, "file"), "inside");
    symlinkSync(join(root, "outside"), `${at}-link`);
    const stop = new SharedArrayBuffer(4);
    const swapper = new Worker(SWAPPER, { eval: true, workerData: { at, stop } });
    await new Promise((resolve) => swapper.once("message", resolve));
    const seen = new Map<string, number>();
    for (let n = 0; n < ATTEMPTS; n++) {
      let what: string;
      try {
        what = readFileSync(join(pins.pin("id", "0", volume, "swapped"), "file"), "utf8");
      } catch {
        what = "refused";
      }
      seen.set(what, (seen.get(what) ?? 0) + 1);
      pins.release("id");
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    await new Promise((resolve) => swapper.once("exit", resolve));
    assert.equal(seen.get("outside"), undefined, JSON.stringify([...seen]));
    assert.ok((seen.get("inside") ?? 0) > 0, JSON.stringify([...seen]));
    unlinkSync(`${at}-link`);
  });
});
