import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { type Digest, digestOf } from "../../../daemon/base/digest.ts";
import type { EngineError } from "../../../daemon/base/errors.ts";
import { tarEntries } from "../../../daemon/engine/images/tar-entries.ts";
import type { Filters } from "../../../daemon/engine/services.ts";
import { dockerArchive } from "../../support/busybox-image.ts";
import { tarArchive } from "../../support/tar.ts";
import { collect, never, testBed, type TestBed } from "./fakes.ts";

const BASE = tarArchive([{ name: "base", data: "base" }]);
const TOP = tarArchive([{ name: "top", data: "top" }]);

async function load(bed: TestBed, name: string, layers: readonly Buffer[] = [BASE], labels = {}): Promise<Digest> {
  await collect(
    bed.images.load(
      Readable.from(
        dockerArchive(name.includes(":") ? name : `${name}:latest`, layers, { config: { Labels: labels } }),
      ),
      { quiet: true },
      never,
    ),
  );
  return bed.images.get(name).id;
}

const short = (id: Digest): string => id.slice(7, 19);
const none: Filters = new Map();
const names = (bed: TestBed, filters: Filters): string[] =>
  bed.images
    .list({ all: false, filters })
    .map(({ image }) => image.tags[0] ?? image.id)
    .sort();

describe("Images.get", () => {
  const found: readonly (readonly [string, (id: Digest) => string])[] = [
    ["name", () => "app"],
    ["name and tag", () => "app:latest"],
    ["canonical name", () => "docker.io/library/app:latest"],
    ["full id", (id) => id],
    ["hex id", (id) => id.slice(7)],
    ["short id", short],
    ["short id with its algorithm", (id) => id.slice(0, 15)],
  ];
  for (const [title, refOf] of found) {
    it(`finds an image by ${title}, after a restart too`, async () => {
      await using bed = await testBed();
      const id = await load(bed, "app");
      assert.equal(bed.images.get(refOf(id)).id, id);
      assert.deepStrictEqual(bed.restart().get(refOf(id)), bed.images.get(refOf(id)));
    });
  }

  const missing: readonly (readonly [string, string, EngineError["kind"]])[] = [
    ["nobody", "No such image: nobody:latest", "NotFound"],
    ["docker.io/me/x:1", "No such image: me/x:1", "NotFound"],
    [digestOf("x"), `No such image: ${digestOf("x")}`, "NotFound"],
    [
      "library/UPPER",
      "invalid reference format: repository name (library/UPPER) must be lowercase",
      "InvalidParameter",
    ],
    ["a b", "invalid reference format", "InvalidParameter"],
  ];
  for (const [ref, message, kind] of missing) {
    it(`says ${message}`, async () => {
      await using bed = await testBed();
      assert.throws(() => bed.images.get(ref), { kind, message });
    });
  }
});

describe("Images.tag", () => {
  it("moves a tag from one image to another", async () => {
    await using bed = await testBed();
    const [one, two] = [await load(bed, "one"), await load(bed, "two", [TOP])];
    await bed.images.tag("two", "one", "");
    assert.deepStrictEqual([bed.images.get("one").id, bed.images.get(one).tags], [two, []]);
    assert.deepStrictEqual(bed.events.at(-1), {
      type: "image",
      action: "tag",
      actor: two,
      attributes: { name: "one:latest" },
    });
  });

  for (const [repository, tag] of [
    ["UP", ""],
    ["a", "b c"],
    [`a@${digestOf("")}`, ""],
  ] as const) {
    it(`refuses ${repository}:${tag}`, async () => {
      await using bed = await testBed();
      await load(bed, "one");
      await assert.rejects(bed.images.tag("one", repository, tag), { kind: "InvalidParameter" });
    });
  }
});

describe("Images.remove", () => {
  const options = { force: false, prune: true };

  it("takes away the name, the image, and the layers that only it had", async () => {
    await using bed = await testBed();
    await load(bed, "base");
    const id = await load(bed, "app", [BASE, TOP]);
    const { chainId } = bed.images.get(id);
    assert.deepStrictEqual(await bed.images.remove("app", options), [
      { untagged: "app:latest" },
      { deleted: id },
      { deleted: chainId },
    ]);
    assert.deepStrictEqual(
      [bed.snapshots.layers.size, bed.content.blobs.has(digestOf(BASE)), bed.content.blobs.has(digestOf(TOP))],
      [1, true, false],
    );
    assert.deepStrictEqual(
      bed.events.slice(-2).map((each) => each.action),
      ["untag", "delete"],
    );
  });

  it("takes only the name while there is another", async () => {
    await using bed = await testBed();
    const id = await load(bed, "app");
    await bed.images.tag("app", "other", "");
    assert.deepStrictEqual(await bed.images.remove("app", options), [{ untagged: "app:latest" }]);
    assert.equal(bed.images.get("other").id, id);
  });

  const conflicts: readonly (readonly [string, boolean, boolean, boolean, (id: Digest) => string])[] = [
    [
      "a name that a container uses",
      false,
      true,
      false,
      (id) =>
        `conflict: unable to remove repository reference "app" (must force) - container c0ffee is using its referenced image ${short(id)}`,
    ],
    [
      "an id that a stopped container uses",
      true,
      false,
      false,
      (id) =>
        `conflict: unable to delete ${short(id)} (must be forced) - image is being used by stopped container c0ffee`,
    ],
    [
      "an id that a running container uses, even by force",
      true,
      true,
      true,
      (id) =>
        `conflict: unable to delete ${short(id)} (cannot be forced) - image is being used by running container c0ffee`,
    ],
  ];
  for (const [title, byId, running, force, message] of conflicts) {
    it(`refuses ${title}`, async () => {
      await using bed = await testBed();
      const id = await load(bed, "app");
      bed.users.set(id, [{ id: "c0ffee", running }]);
      await assert.rejects(bed.images.remove(byId ? id : "app", { force, prune: true }), {
        kind: "Conflict",
        message: message(id),
      });
      assert.deepStrictEqual(bed.images.get("app").tags, ["docker.io/library/app:latest"]);
    });
  }

  it("refuses an id of several repositories without force", async () => {
    await using bed = await testBed();
    const id = await load(bed, "app");
    await bed.images.tag("app", "other", "");
    const message = `conflict: unable to delete ${short(id)} (must be forced) - image is referenced in multiple repositories`;
    await assert.rejects(bed.images.remove(id, options), { kind: "Conflict", message });
    const removed = await bed.images.remove(id, { force: true, prune: true });
    assert.deepStrictEqual(removed.slice(0, 3), [
      { untagged: "app:latest" },
      { untagged: "other:latest" },
      { deleted: id },
    ]);
  });

  it("by force keeps the layers under a stopped container until that is gone", async () => {
    await using bed = await testBed();
    const id = await load(bed, "app");
    bed.users.set(id, [{ id: "c0ffee", running: false }]);
    await bed.images.remove("app", { force: true, prune: true });
    assert.throws(() => bed.images.get(id), { kind: "NotFound" });
    const restarted = bed.restart();
    assert.deepStrictEqual([...(await restarted.sweep())], [digestOf(BASE)]);
    assert.equal(bed.snapshots.layers.size, 1);
    bed.users.clear();
    assert.deepStrictEqual([...(await restarted.sweep())], []);
    assert.deepStrictEqual([bed.snapshots.layers.size, bed.content.blobs.size], [0, 0]);
  });
});

describe("Images.list", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["reference", ["a*"], ["docker.io/library/app:1"]],
    ["reference", ["*:1"], ["docker.io/library/app:1"]],
    ["reference", ["me/*"], ["docker.io/me/tool:2"]],
    ["reference", ["nobody", "me/tool"], ["docker.io/me/tool:2"]],
    ["label", ["k"], ["docker.io/library/app:1"]],
    ["label", ["k=w"], []],
    ["dangling", ["true"], []],
    ["dangling", ["false"], ["docker.io/library/app:1", "docker.io/me/tool:2"]],
    ["until", ["2023-01-01T00:00:00Z"], []],
    ["until", ["1h"], ["docker.io/library/app:1", "docker.io/me/tool:2"]],
  ];
  for (const [name, values, expected] of cases) {
    it(`filters by ${name}=${values.join()}`, async () => {
      await using bed = await testBed();
      await load(bed, "app:1", [BASE], { k: "v" });
      await load(bed, "me/tool:2", [TOP]);
      assert.deepStrictEqual(names(bed, new Map([[name, values]])), expected);
    });
  }
  for (const [name, value] of [
    ["dangling", "perhaps"],
    ["reference", "["],
    ["until", "soon"],
  ] as const) {
    it(`refuses ${name}=${value}`, async () => {
      await using bed = await testBed();
      assert.throws(() => names(bed, new Map([[name, [value]]])), { kind: "InvalidParameter" });
    });
  }
});

describe("Images.history", () => {
  it("is newest first, with the size of each layer", async () => {
    await using bed = await testBed();
    const id = await load(bed, "app", [BASE, TOP]);
    const lines = bed.images.history("app").map(({ id, createdBy, tags, size }) => ({ id, createdBy, tags, size }));
    assert.deepStrictEqual(lines, [
      { id, createdBy: "layer 1", tags: ["app:latest"], size: TOP.length },
      { id: "<missing>", createdBy: "layer 0", tags: [], size: BASE.length },
    ]);
  });
});

describe("Images.prune", () => {
  it("takes dangling images, or with dangling=false all that nobody uses, and says how much it was", async () => {
    await using bed = await testBed();
    const [old, used] = [await load(bed, "app"), await load(bed, "used", [TOP])];
    await load(bed, "app", [BASE, TOP]);
    bed.users.set(used, [{ id: "c0ffee", running: false }]);
    assert.deepStrictEqual((await bed.images.prune(none)).deleted, [{ deleted: old }]);
    const { deleted, spaceReclaimed } = await bed.images.prune(new Map([["dangling", ["false"]]]));
    assert.deepStrictEqual(deleted[0], { untagged: "app:latest" });
    assert.ok(spaceReclaimed >= BASE.length * 2);
    assert.deepStrictEqual(names(bed, none), ["docker.io/library/used:latest"]);
  });
});

describe("Images.save", () => {
  it("writes an archive that loads to the same image, tags and layers, and the same archive each time", async () => {
    await using bed = await testBed();
    await using other = await testBed();
    const id = await load(bed, "app:1", [BASE, TOP]);
    await bed.images.tag("app:1", "app", "2");
    const [archive, again] = [
      await buffer(await bed.images.save(["app"], never)),
      await buffer(await bed.images.save(["app"], never)),
    ];
    assert.ok(archive.equals(again));
    const loaded = await collect(other.images.load(Readable.from(archive), { quiet: true }, never));
    assert.deepStrictEqual(
      loaded.map((each) => (each.kind === "stream" ? each.text : "")),
      ["Loaded image: app:1\n", "Loaded image: app:2\n"],
    );
    assert.equal(other.images.get("app:2").id, id);
    assert.deepStrictEqual(new Set(other.snapshots.layers.keys()), new Set(bed.snapshots.layers.keys()));
    const entries: string[] = [];
    for await (const { path } of tarEntries(Readable.from([archive]))) entries.push(path);
    assert.deepStrictEqual(entries.slice(-4), ["oci-layout", "index.json", "manifest.json", "repositories"]);
  });

  it("is NotFound before anything is written", async () => {
    await using bed = await testBed();
    await load(bed, "app");
    await assert.rejects(bed.images.save(["app", "nobody"], never), {
      kind: "NotFound",
      message: "No such image: nobody:latest",
    });
  });

  it("keeps what it writes when the image is removed meanwhile", async () => {
    await using bed = await testBed();
    await load(bed, "app");
    const stream = await bed.images.save(["app"], never);
    await bed.images.remove("app", { force: false, prune: true });
    assert.ok((await buffer(stream)).includes("base"));
  });
});

describe("Images.import", () => {
  for (const [title, bytes] of [
    ["plain", BASE],
    ["gzip", gzipSync(BASE)],
  ] as const) {
    it(`makes an image of one layer from a ${title} tar, with changes`, async () => {
      await using bed = await testBed();
      const changes = [
        'ENV A=1 B="two words"',
        'CMD ["sh"]',
        "ENTRYPOINT run it",
        "EXPOSE 80 53/udp",
        "LABEL k=v",
        "USER www",
        "WORKDIR /w",
        "VOLUME /data",
      ];
      const progress = await collect(
        bed.images.import(Readable.from(bytes), { repository: "made", tag: "1", message: "why", changes }, never),
      );
      const image = bed.images.get("made:1");
      assert.deepStrictEqual(progress, [{ kind: "status", status: image.id }]);
      assert.deepStrictEqual([image.config.diffIds, image.config.history[0]?.comment], [[digestOf(BASE)], "why"]);
      assert.deepStrictEqual(image.config.run, {
        user: "www",
        exposedPorts: ["80/tcp", "53/udp"],
        env: ["A=1", "B=two words"],
        entrypoint: ["/bin/sh", "-c", "run it"],
        cmd: ["sh"],
        volumes: ["/data"],
        workingDir: "/w",
        labels: { k: "v" },
      });
    });
  }

  for (const change of ["FROM x", "RUN y", "ENV", "EXPOSE 99999", "HEALTHCHECK no", "LABEL a=1 b"]) {
    it(`refuses the change ${JSON.stringify(change)} and leaves nothing`, async () => {
      await using bed = await testBed();
      await assert.rejects(collect(bed.images.import(Readable.from(BASE), { changes: [change] }, never)), {
        kind: "InvalidParameter",
      });
      assert.equal(bed.content.blobs.size, 0);
    });
  }
});
