import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf, hexOf } from "../../../daemon/base/digest.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { dockerArchive } from "../../support/busybox-image.ts";
import { tarArchive, type TarEntry } from "../../support/tar.ts";
import { collect, never, testBed } from "./fakes.ts";

const LAYERS = [tarArchive([{ name: "a", data: "one" }]), tarArchive([{ name: "b", data: "two".repeat(5000) }])];
const ARCHIVE = dockerArchive("app:1", LAYERS, { config: { Labels: { k: "v" } } });

/** In chunks that no boundary of the archive agrees with. */
function stream(bytes: Buffer, size = 700): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return Readable.from(chunks, { objectMode: false });
}

interface Layout {
  readonly manifest?: unknown;
  readonly layers?: readonly TarEntry[];
  readonly config?: string;
}

const CONFIG = JSON.stringify({
  os: "linux",
  architecture: "amd64",
  config: null,
  history: null,
  rootfs: { type: "layers", diff_ids: [digestOf(LAYERS[0] ?? "")] },
});

function archive({ manifest, layers, config = CONFIG }: Layout): Buffer {
  return tarArchive([
    {
      name: "manifest.json",
      data: JSON.stringify(manifest ?? [{ Config: "c.json", RepoTags: ["x:1"], Layers: ["l.tar"] }]),
    },
    { name: "c.json", data: config },
    ...(layers ?? [{ name: "l.tar", data: LAYERS[0] }]),
  ]);
}

/** An OCI layout; `tag` as containerd annotates it. */
function ociLayout(options: { readonly layer?: Buffer; readonly wrongName?: boolean } = {}): Buffer {
  const layer = options.layer ?? gzipSync(LAYERS[0] ?? "");
  const type = "application/vnd.oci.image.layer.v1.tar+gzip";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(CONFIG), size: CONFIG.length },
    layers: [{ mediaType: type, digest: digestOf(layer), size: layer.length }],
  });
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: digestOf(manifest),
        size: manifest.length,
        annotations: { "io.containerd.image.name": "docker.io/library/oci:2" },
      },
    ],
  };
  const blob = (data: Buffer | string): TarEntry => ({ name: `blobs/sha256/${hexOf(digestOf(data))}`, data });
  const named =
    options.wrongName === true ? { ...blob(layer), data: Buffer.concat([layer, Buffer.from("x")]) } : blob(layer);
  return tarArchive([
    named,
    blob(CONFIG),
    blob(manifest),
    { name: "index.json", data: JSON.stringify(index) },
    { name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' },
  ]);
}

describe("Images.load", () => {
  const forms: readonly (readonly [string, Buffer])[] = [
    ["plain", ARCHIVE],
    ["gzip", gzipSync(ARCHIVE)],
    ["zstd", zstdCompressSync(ARCHIVE)],
  ];
  for (const [name, bytes] of forms) {
    it(`takes a docker-archive, ${name}`, async () => {
      await using bed = await testBed();
      const progress = await collect(bed.images.load(stream(bytes), { quiet: true }, never));
      assert.deepStrictEqual(progress, [{ kind: "stream", text: "Loaded image: app:1\n" }]);
      const image = bed.images.get("app:1");
      assert.deepStrictEqual(
        {
          tags: image.tags,
          labels: image.config.run.labels,
          size: image.size,
          chain: bed.images.chainOf(image).length,
        },
        {
          tags: ["docker.io/library/app:1"],
          labels: { k: "v" },
          size: LAYERS[0]!.length + LAYERS[1]!.length,
          chain: 2,
        },
      );
      assert.deepStrictEqual(new Set(bed.content.blobs.keys()), new Set([image.id, ...LAYERS.map(digestOf)]));
      assert.deepStrictEqual(
        bed.events.map((event) => [event.action, event.actor]),
        [["load", image.id]],
      );
    });
  }

  it("reports the layers when not quiet", async () => {
    await using bed = await testBed();
    const progress = await collect(bed.images.load(stream(ARCHIVE), { quiet: false }, never));
    const ids = progress.flatMap((each) => (each.kind === "progress" ? [each.id] : []));
    assert.deepStrictEqual(new Set(ids), new Set(LAYERS.map((layer) => hexOf(digestOf(layer)).slice(0, 12))));
  });

  it("follows links between the layers of an archive", async () => {
    await using bed = await testBed();
    const layers: TarEntry[] = [
      { name: "one/layer.tar", data: LAYERS[0] },
      { name: "two/layer.tar", type: "symlink", link: "../one/layer.tar" },
    ];
    const manifest = [{ Config: "c.json", RepoTags: null, Layers: ["two/layer.tar"] }];
    const progress = await collect(bed.images.load(stream(archive({ layers, manifest })), { quiet: true }, never));
    assert.deepStrictEqual(progress, [{ kind: "stream", text: `Loaded image ID: ${digestOf(CONFIG)}\n` }]);
  });

  it("takes an OCI layout, with the manifest it came with", async () => {
    await using bed = await testBed();
    await collect(bed.images.load(stream(ociLayout()), { quiet: true }, never));
    const image = bed.images.get("oci:2");
    assert.equal(image.id, digestOf(CONFIG));
    assert.ok(image.manifestDigest !== undefined && bed.content.blobs.has(image.manifestDigest));
  });

  it("names the image that loses its tag", async () => {
    await using bed = await testBed();
    await collect(bed.images.load(stream(dockerArchive("app:1", [LAYERS[0]!])), { quiet: true }, never));
    const before = bed.images.get("app:1").id;
    const [first] = await collect(bed.images.load(stream(ARCHIVE), { quiet: true }, never));
    const text = `The image app:1 already exists, renaming the old one with ID ${before} to empty string\n`;
    assert.deepStrictEqual(first, { kind: "stream", text });
    assert.deepStrictEqual(bed.images.get(before).tags, []);
  });

  const broken: readonly (readonly [string, Buffer, EngineError["kind"]])[] = [
    ["no tar", Buffer.from("x".repeat(2000)), "InvalidParameter"],
    ["an empty stream", Buffer.alloc(0), "InvalidParameter"],
    ["a tar without a manifest", tarArchive([{ name: "a", data: "b" }]), "InvalidParameter"],
    ["an archive that is cut in a layer", ARCHIVE.subarray(0, 3000), "InvalidParameter"],
    ["a gzip archive that is cut", gzipSync(ARCHIVE).subarray(0, 300), "InvalidParameter"],
    ["a zstd archive that is cut", zstdCompressSync(ARCHIVE).subarray(0, 300), "InvalidParameter"],
    ["xz", Buffer.from("fd377a585a0000", "hex"), "InvalidParameter"],
    ["a manifest that is no JSON", tarArchive([{ name: "manifest.json", data: "[{" }]), "InvalidParameter"],
    ["a config that is no JSON", archive({ config: "{" }), "InvalidParameter"],
    ["a config without a rootfs", archive({ config: "{}" }), "InvalidParameter"],
    ["a layer that is not there", archive({ layers: [] }), "InvalidParameter"],
    ["a layer with another diffID", archive({ layers: [{ name: "l.tar", data: LAYERS[1] }] }), "InvalidParameter"],
    ["a layer too many", archive({ manifest: [{ Config: "c.json", Layers: ["l.tar", "l.tar"] }] }), "InvalidParameter"],
    [
      "a bad name",
      archive({ manifest: [{ Config: "c.json", RepoTags: ["UP:1"], Layers: ["l.tar"] }] }),
      "InvalidParameter",
    ],
    ["a path that climbs out", archive({ manifest: [{ Config: "../c.json", Layers: [] }] }), "InvalidParameter"],
    ["an entry that climbs out", archive({ layers: [{ name: "../l.tar", data: "x" }] }), "InvalidParameter"],
    [
      "a link that goes in a circle",
      archive({ layers: [{ name: "l.tar", type: "symlink", link: "l.tar" }] }),
      "InvalidParameter",
    ],
    [
      "a 10 GB claim",
      archive({ layers: [{ name: "l.tar", data: "x", claimedSize: 8 ** 11 - 1 }] }),
      "InvalidParameter",
    ],
    ["a blob that is not what its name says", ociLayout({ wrongName: true }), "InvalidParameter"],
  ];
  for (const [name, bytes, kind] of broken) {
    it(`refuses ${name} and leaves nothing`, async () => {
      await using bed = await testBed();
      const load = collect(bed.images.load(stream(bytes), { quiet: true }, never));
      await assert.rejects(load, (error: unknown) => error instanceof EngineError && error.kind === kind);
      assert.deepStrictEqual(
        {
          images: bed.images.list({ all: true, filters: new Map() }),
          blobs: bed.content.blobs.size,
          layers: bed.snapshots.layers.size,
        },
        { images: [], blobs: 0, layers: 0 },
      );
    });
  }

  it("stops when it is aborted in the middle of the archive, and leaves nothing", async () => {
    await using bed = await testBed();
    const controller = new AbortController();
    const half = new Readable({ read: () => undefined });
    half.push(ARCHIVE.subarray(0, 3000));
    const load = collect(bed.images.load(half, { quiet: true }, controller.signal));
    setImmediate(() => controller.abort());
    await assert.rejects(load, (error: unknown) => error instanceof EngineError && error.kind === "Canceled");
    assert.deepStrictEqual([bed.content.blobs.size, bed.snapshots.layers.size], [0, 0]);
  });

  it("leaves the stream of a refused archive alone, so that a request can still be answered", async () => {
    await using bed = await testBed();
    for (const bytes of [gzipSync(ARCHIVE).fill(0, 40, 60), Buffer.from("x".repeat(5000))]) {
      const source = new Readable({ read: () => undefined });
      source.push(bytes);
      await assert.rejects(collect(bed.images.load(source, { quiet: true }, never)), { kind: "InvalidParameter" });
      assert.equal(source.destroyed, false);
    }
  });

  it("does not take what another image shares when it fails", async () => {
    await using bed = await testBed();
    await collect(bed.images.load(stream(dockerArchive("good:1", [LAYERS[0]!])), { quiet: true }, never));
    const blobs = new Set(bed.content.blobs.keys());
    const bad = dockerArchive("bad:1", LAYERS, { diffIds: [digestOf(LAYERS[0]!), digestOf("no")] });
    await assert.rejects(collect(bed.images.load(stream(bad), { quiet: true }, never)));
    assert.deepStrictEqual(new Set(bed.content.blobs.keys()), blobs);
    assert.equal(bed.snapshots.layers.size, 1);
  });
});
