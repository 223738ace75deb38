import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EngineError } from "../../../daemon/base/errors.ts";
import { openMetadata } from "../../../daemon/metadata/metadata.ts";

interface Row {
  readonly name: string;
  readonly n?: number;
}
const byName = { unique: (row: Row): readonly string[] => [row.name] };

describe("openMetadata", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-metadata-"));
    path = join(folder, "metadata.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("keeps records over a reopen, each collection apart", () => {
    {
      using metadata = openMetadata(path);
      metadata.collection<Row>("containers").put("a", { name: "one" });
      metadata.collection<Row>("volumes").put("a", { name: "other" });
    }
    using metadata = openMetadata(path);
    const containers = metadata.collection<Row>("containers");
    assert.deepEqual(
      [containers.find("a"), containers.find("b"), metadata.collection<Row>("volumes").find("a")],
      [{ name: "one" }, undefined, { name: "other" }],
    );
  });

  it("refuses a second record with a taken key, and frees keys on rename and delete", () => {
    using metadata = openMetadata(path);
    const rows = metadata.collection<Row>("containers", byName);
    rows.put("a", { name: "x" });
    assert.throws(() => rows.put("b", { name: "x" }), { name: "EngineError", kind: "Conflict" });
    rows.put("a", { name: "y" });
    rows.put("b", { name: "x" });
    rows.delete("a");
    rows.delete("a");
    rows.put("c", { name: "y" });
    assert.deepEqual(
      [rows.findByKey("x"), rows.findByKey("y"), [...rows.all()]],
      [{ name: "x" }, { name: "y" }, [{ name: "x" }, { name: "y" }]],
    );
  });

  it("rolls a transaction back whole, nested parts included", () => {
    using metadata = openMetadata(path);
    const rows = metadata.collection<Row>("networks", byName);
    const failing = (): void =>
      metadata.transaction(() => {
        rows.put("a", { name: "x" });
        metadata.transaction(() => rows.put("b", { name: "y" }));
        throw new EngineError("Conflict", "changed my mind");
      });
    assert.throws(failing, { message: "changed my mind" });
    assert.deepEqual([...rows.all()], []);
    rows.put("c", { name: "x" });
    assert.deepEqual([...rows.all()], [{ name: "x" }]);
  });

  it("goes on in a transaction that caught a conflict", () => {
    using metadata = openMetadata(path);
    const rows = metadata.collection<Row>("networks", byName);
    rows.put("a", { name: "x" });
    metadata.transaction(() => {
      rows.put("b", { name: "y" });
      assert.throws(() => rows.put("c", { name: "x" }), { kind: "Conflict" });
    });
    assert.deepEqual([...rows.all()], [{ name: "x" }, { name: "y" }]);
  });

  it("refuses a transaction that waits", () => {
    using metadata = openMetadata(path);
    assert.throws(() => metadata.transaction(() => Promise.resolve()), { kind: "Internal" });
  });

  it("walks over the records as they were, while they are deleted", () => {
    using metadata = openMetadata(path);
    const rows = metadata.collection<Row>("images");
    for (const name of ["a", "b", "c"]) rows.put(name, { name });
    const seen: string[] = [];
    for (const row of rows.all()) {
      rows.delete("b");
      rows.delete("c");
      seen.push(row.name);
    }
    assert.deepEqual([seen, [...rows.all()]], [["a", "b", "c"], [{ name: "a" }]]);
  });

  it("keeps what was put when the process is killed at once", () => {
    const source = `
      import { openMetadata } from ${JSON.stringify(new URL("../../../daemon/metadata/metadata.ts", import.meta.url).href)};
      openMetadata(process.argv[1]).collection("containers").put("a", { name: "kept" });
      process.kill(process.pid, "SIGKILL");`;
    const run = (): Buffer => execFileSync(process.execPath, ["--input-type=module", "-e", source, path]);
    assert.throws(run, { signal: "SIGKILL" });
    using metadata = openMetadata(path);
    assert.deepEqual(metadata.collection<Row>("containers").find("a"), { name: "kept" });
  });

  it("names a damaged file", () => {
    {
      using metadata = openMetadata(path);
      const rows = metadata.collection<Row>("containers");
      for (let n = 0; n < 500; n++) rows.put(`id${n}`, { name: `name ${n}`, n });
    }
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096, 3 * 4096);
    writeFileSync(path, bytes);
    assert.throws(() => openMetadata(path), { kind: "DataLoss", message: /metadata\.db is damaged/ });
    writeFileSync(path, "no database at all, but long enough to be looked at as one ".repeat(100));
    assert.throws(() => openMetadata(path), { kind: "DataLoss", message: /metadata\.db is not a database/ });
  });

  it("says that another daemon holds the file", () => {
    using _ = openMetadata(path);
    assert.throws(() => openMetadata(path), { kind: "Unavailable", message: /second daemon/ });
  });

  it("leaves a file of a newer version alone", () => {
    using raw = new DatabaseSync(path);
    raw.exec("PRAGMA user_version = 99");
    raw.close();
    assert.throws(() => openMetadata(path), { kind: "Unavailable", message: /layout 99/ });
  });
});
