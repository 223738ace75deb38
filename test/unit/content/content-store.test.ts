import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Digest, digestOf, hexOf } from "../../../daemon/base/digest.ts";
import type { ContentStore } from "../../../daemon/content/content-store.ts";
import { createContentStore } from "../../../daemon/content/file-content-store.ts";

const bytes = randomBytes(300_000);
const digest = digestOf(bytes);

describe("ContentStore", () => {
  let root: string;
  let store: ContentStore;
  const ingests = (): readonly string[] => readdirSync(join(root, "ingests"));
  const blobs = (): readonly string[] => readdirSync(join(root, "blobs/sha256"));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-content-"));
    store = createContentStore(root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("commit publishes what was written, read-only, once", async () => {
    for (let round = 0; round < 2; round++) {
      await using writer = await store.writer("layer");
      await writer.write(bytes.subarray(0, 1000));
      assert.equal(await store.size(digest), round === 0 ? undefined : bytes.length);
      await writer.write(bytes.subarray(1000));
      assert.deepEqual(await writer.commit({ digest, size: bytes.length }), { digest, size: bytes.length });
    }
    const path = join(root, "blobs/sha256", hexOf(digest));
    assert.deepEqual(
      [statSync(path).mode & 0o7777, statSync(join(root, "blobs/sha256")).mode & 0o7777, ingests(), blobs()],
      [0o444, 0o700, [], [hexOf(digest)]],
    );
    await using reader = await store.open(digest);
    const [one, two] = await Promise.all([buffer(reader.stream()), buffer(reader.stream())]);
    assert.deepEqual(
      [one.equals(bytes), two.equals(bytes), readFileSync(reader.path).equals(bytes)],
      [true, true, true],
    );
  });

  const wrong: readonly (readonly [string, { digest?: Digest; size?: number }])[] = [
    ["digest", { digest: digestOf("other") }],
    ["size", { size: 1, digest }],
  ];
  for (const [what, expected] of wrong) {
    it(`commit refuses another ${what} with DataLoss and keeps nothing`, async () => {
      await using writer = await store.writer("layer");
      await writer.write(bytes);
      await assert.rejects(writer.commit(expected), { name: "EngineError", kind: "DataLoss" });
      assert.deepEqual([ingests(), blobs()], [[], []]);
      await assert.rejects(writer.write(bytes), { kind: "Internal" });
    });
  }

  it("writer resumes where an earlier one of its ref stopped, in a new store too", async () => {
    {
      await using writer = await store.writer("pull/with: odd ../ref");
      await writer.write(bytes.subarray(0, 200_000));
    }
    await using writer = await createContentStore(root).writer("pull/with: odd ../ref");
    assert.equal(writer.offset, 200_000);
    await writer.write(bytes.subarray(200_000));
    assert.deepEqual(await writer.commit({ digest }), { digest, size: bytes.length });
  });

  it("writer refuses a second one of its ref until it is disposed", async () => {
    {
      await using _ = await store.writer("a");
      await assert.rejects(store.writer("a"), { kind: "Conflict" });
      await using other = await store.writer("b");
      assert.equal(other.offset, 0);
    }
    await using again = await store.writer("a");
    assert.equal(again.offset, 0);
  });

  it("truncate begins anew", async () => {
    await using writer = await store.writer("a");
    await writer.write(Buffer.from("wrong and longer than the rest"));
    await writer.truncate();
    await writer.write(Buffer.from("right"));
    assert.deepEqual(await writer.commit(), { digest: digestOf("right"), size: 5 });
  });

  it("open and read answer NotFound for what is not there", async () => {
    await assert.rejects(store.open(digest), { kind: "NotFound" });
    await assert.rejects(store.read(digest, 10), { kind: "NotFound" });
  });

  it("open refuses what is no digest, before it becomes a path", async () => {
    await assert.rejects(store.open("sha256:../../metadata.db"), { kind: "InvalidParameter" });
  });

  it("read is bounded and verifies again", async () => {
    assert.equal(await store.put(bytes), digest);
    assert.equal(await store.put(bytes), digest);
    assert.deepEqual((await store.read(digest, bytes.length)).equals(bytes), true);
    await assert.rejects(store.read(digest, bytes.length - 1), { kind: "InvalidParameter" });
    const path = join(root, "blobs/sha256", hexOf(digest));
    chmodSync(path, 0o600);
    writeFileSync(path, "rotten");
    await assert.rejects(store.read(digest, 1000), { kind: "DataLoss" });
  });

  it("delete is idempotent, and a reader that was open reads to the end", async () => {
    await store.put(bytes);
    await using reader = await store.open(digest);
    await store.delete(digest);
    await store.delete(digest);
    assert.equal(await store.size(digest), undefined);
    assert.deepEqual(
      [(await buffer(reader.stream())).equals(bytes), readFileSync(reader.path).equals(bytes)],
      [true, true],
    );
  });

  it("list names every blob and nothing else", async () => {
    const small = await store.put(Buffer.from("small"));
    await store.put(bytes);
    writeFileSync(join(root, "blobs/sha256", ".stray"), "");
    const found = new Map<Digest, number>();
    for await (const blob of store.list()) found.set(blob.digest, blob.size);
    assert.deepEqual(found, new Map([...found.keys()].map((key) => [key, key === small ? 5 : bytes.length])));
    assert.deepEqual([...found.keys()].sort(), [small, digest].sort());
  });

  it("sweepIngests drops those that nobody holds", async () => {
    {
      await using left = await store.writer("left");
      await left.write(bytes);
    }
    await using held = await store.writer("held");
    await held.write(bytes);
    await store.sweepIngests();
    assert.equal(ingests().length, 1);
    assert.deepEqual(await held.commit(), { digest, size: bytes.length });
  });

  it("a stream stops when its signal aborts", async () => {
    await store.put(bytes);
    await using reader = await store.open(digest);
    assert.throws(() => reader.stream(AbortSignal.abort()), { name: "AbortError" });
    const aborting = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _ of reader.stream(aborting.signal)) aborting.abort();
    };
    await assert.rejects(read(), { name: "AbortError" });
  });
});
