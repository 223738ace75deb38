import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Digest, digestOf } from "../../../daemon/base/digest.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { dockerArchive } from "../../support/busybox-image.ts";
import { tarArchive } from "../../support/tar.ts";
import { type FakeRegistry, fakeRegistry, refuse } from "../registry/fake-registry.ts";
import { collect, never, testBed } from "./fakes.ts";

const OCI = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const LAYERS = [tarArchive([{ name: "a", data: "one" }]), tarArchive([{ name: "b", data: "two".repeat(5000) }])];

interface Published {
  readonly digest: Digest;
  readonly id: Digest;
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
  readonly size: number;
}

function publish(
  registry: FakeRegistry,
  tag: string,
  options: { readonly diffIds?: readonly string[]; readonly arch?: string } = {},
): Published {
  const blobs = [registry.addBlob(gzipSync(LAYERS[0]!)), registry.addBlob(zstdCompressSync(LAYERS[1]!))];
  const diffIds = options.diffIds ?? LAYERS.map(digestOf);
  const config = registry.addBlob(
    JSON.stringify({
      os: "linux",
      architecture: options.arch ?? "amd64",
      rootfs: { type: "layers", diff_ids: diffIds },
    }),
  );
  const document = {
    schemaVersion: 2,
    mediaType: OCI,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [
      { mediaType: GZIP, ...blobs[0]! },
      { mediaType: GZIP.replace("gzip", "zstd"), ...blobs[1]! },
    ],
  };
  const digest = registry.addManifest("app", tag, OCI, document);
  return { digest, id: config.digest, blobs, size: JSON.stringify(document).length };
}

const short = (digest: string): string => digest.slice(7, 19);

describe("Images.pull", () => {
  it("brings an image and says so in Docker's words", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    const { digest, id, blobs } = publish(registry, "1");
    const name = `${registry.host}/app:1`;
    const progress = await collect(bed.images.pull(name, {}, never));
    const said = progress.flatMap((each) => (each.kind === "status" ? [`${each.id ?? ""}|${each.status}`] : []));
    assert.deepStrictEqual(
      [said.slice(0, 3), said.slice(-2)],
      [
        ["1|Pulling from app", ...blobs.map((blob) => `${short(blob.digest)}|Pulling fs layer`)],
        [`|Digest: ${digest}`, `|Status: Downloaded newer image for ${name}`],
      ],
    );
    for (const blob of blobs) {
      const own = said.filter((each) => each.startsWith(short(blob.digest)));
      const words = ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"];
      assert.deepStrictEqual(
        own,
        words.map((word) => `${short(blob.digest)}|${word}`),
      );
    }
    const image = bed.images.get(name);
    assert.deepStrictEqual(
      { id: image.id, tags: image.tags, digests: image.digests, size: image.size },
      { id, tags: [name], digests: [`${registry.host}/app@${digest}`], size: LAYERS[0]!.length + LAYERS[1]!.length },
    );
    assert.deepStrictEqual(bed.events, [
      { type: "image", action: "pull", actor: name, attributes: { name: `${registry.host}/app` } },
    ]);
  });

  it("says of one that is here that it is up to date, and fetches no blob", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    publish(registry, "1");
    const name = `${registry.host}/app:1`;
    await collect(bed.images.pull(name, {}, never));
    const before = registry.seen.length;
    const progress = await collect(bed.images.pull(name, {}, never));
    assert.deepStrictEqual(progress.at(-1), { kind: "status", status: `Status: Image is up to date for ${name}` });
    assert.deepStrictEqual(
      progress.filter((each) => each.kind === "status" && each.status === "Already exists").length,
      2,
    );
    assert.deepStrictEqual(
      registry.seen.slice(before).filter((each) => each.includes("blobs")),
      [],
    );
  });

  it("chooses the platform from an index; the repo digest is the index's", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    const arm = publish(registry, "arm", { arch: "arm64" });
    const amd = publish(registry, "amd");
    const entry = ({ digest, size }: Published, architecture: string) => ({
      mediaType: OCI,
      digest,
      size,
      platform: { os: "linux", architecture },
    });
    const attestation = { ...entry(amd, "unknown"), platform: { os: "unknown", architecture: "unknown" } };
    const index = registry.addManifest("app", "all", INDEX, {
      schemaVersion: 2,
      manifests: [attestation, entry(arm, "arm64"), entry(amd, "amd64")],
    });
    const name = `${registry.host}/app:all`;
    await collect(bed.images.pull(name, {}, never));
    const image = bed.images.get(name);
    assert.deepStrictEqual(
      [image.id, image.manifestDigest, image.digests],
      [amd.id, amd.digest, [`${registry.host}/app@${index}`]],
    );
    await collect(bed.images.pull(name, { platform: "linux/arm64" }, never));
    assert.equal(bed.images.get(name).id, arm.id);
    const message = "no matching manifest for linux/s390x in the manifest list entries";
    await assert.rejects(collect(bed.images.pull(name, { platform: "linux/s390x" }, never)), {
      kind: "NotFound",
      message,
    });
  });

  it("unpacks and fetches a layer once for two pulls at the same time", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    const { blobs } = publish(registry, "1");
    publish(registry, "2");
    await Promise.all(["1", "2"].map((tag) => collect(bed.images.pull(`${registry.host}/app:${tag}`, {}, never))));
    assert.equal(bed.snapshots.unpacked, 2);
    for (const { digest } of blobs) assert.equal(registry.seen.filter((each) => each.endsWith(digest)).length, 1);
  });

  it("keeps what a cancelled pull has fetched, and goes on there", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    const { blobs } = publish(registry, "1");
    const bytes = registry.blobs.get(blobs[1]!.digest)!;
    const controller = new AbortController();
    const ranges: (string | undefined)[] = [];
    const cut = 20;
    registry.intercept = (request, response) => {
      if (!(request.url ?? "").endsWith(blobs[1]!.digest)) return false;
      ranges.push(request.headers.range);
      if (ranges.length > 1) return false;
      response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, cut));
      return true;
    };
    // The bytes are with the store when the writer says so: that is the moment to give up.
    const writer = bed.content.writer.bind(bed.content);
    bed.content.writer = async (ref) => {
      const inner = await writer(ref);
      const write = async (chunk: Uint8Array): Promise<void> => {
        await inner.write(chunk);
        if (ref.includes(blobs[1]!.digest) && ranges.length === 1) controller.abort();
      };
      return { ...inner, offset: inner.offset, write };
    };
    const name = `${registry.host}/app:1`;
    await assert.rejects(collect(bed.images.pull(name, {}, controller.signal)), { kind: "Canceled" });
    assert.throws(() => bed.images.get(name), { kind: "NotFound" });
    await collect(bed.images.pull(name, {}, never));
    assert.deepStrictEqual(ranges, [undefined, `bytes=${cut}-`]);
  });

  const errors: readonly (readonly [string, number, string, string, EngineError["kind"], (name: string) => string])[] =
    [
      [
        "an unknown tag",
        404,
        "MANIFEST_UNKNOWN",
        "manifest unknown",
        "NotFound",
        (name) => `manifest for ${name}:9 not found: manifest unknown: manifest unknown`,
      ],
      [
        "what it may not",
        403,
        "DENIED",
        "requested access to the resource is denied",
        "NotFound",
        (name) =>
          `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      ],
      [
        "without credentials",
        401,
        "UNAUTHORIZED",
        "authentication required",
        "Unauthorized",
        () => "unauthorized: authentication required",
      ],
    ];
  for (const [title, status, code, text, kind, message] of errors) {
    it(`answers in Docker's words for ${title}`, async () => {
      await using registry = await fakeRegistry();
      await using bed = await testBed();
      registry.intercept = (request, response) => {
        if (!/manifests/.test(request.url ?? "")) return false;
        refuse(response, status, code, text);
        return true;
      };
      const name = `${registry.host}/app`;
      await assert.rejects(collect(bed.images.pull(`${name}:9`, {}, never)), { kind, message: message(name) });
    });
  }

  const broken: readonly (readonly [string, (registry: FakeRegistry) => void, EngineError["kind"], RegExp])[] = [
    [
      "a blob with another digest",
      (registry) => {
        const { blobs } = publish(registry, "1");
        registry.blobs.set(blobs[0]!.digest, Buffer.alloc(blobs[0]!.size));
      },
      "DataLoss",
      /failed to pull/,
    ],
    [
      "a layer with another diffID",
      (registry) => void publish(registry, "1", { diffIds: [digestOf("x"), digestOf("y")] }),
      "DataLoss",
      /diffID/,
    ],
    [
      "a manifest that is an index too",
      (registry) => {
        registry.addManifest("app", "1", OCI, { schemaVersion: 2, config: {}, layers: [], manifests: [] });
      },
      "InvalidParameter",
      /ambiguous/,
    ],
    [
      "a manifest that says another type than its header",
      (registry) => {
        registry.addManifest("app", "1", OCI, { schemaVersion: 2, mediaType: INDEX, manifests: [] });
      },
      "InvalidParameter",
      /is served as/,
    ],
  ];
  for (const [title, prepare, kind, message] of broken) {
    it(`refuses ${title}: no name, no layer under it`, async () => {
      await using registry = await fakeRegistry();
      await using bed = await testBed();
      prepare(registry);
      await assert.rejects(collect(bed.images.pull(`${registry.host}/app:1`, {}, never)), (error: unknown) => {
        assert.ok(error instanceof EngineError);
        assert.match(error.message, message);
        return error.kind === kind;
      });
      assert.deepStrictEqual(bed.images.list({ all: true, filters: new Map() }), []);
      await bed.images.prune(new Map());
      assert.deepStrictEqual([bed.content.blobs.size, bed.content.ingests.size], [0, 0]);
    });
  }
});

describe("Images.push", () => {
  it("sends a loaded image gzip'd, and the id is the same when it is pulled elsewhere", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    await using other = await testBed();
    await collect(bed.images.load(Readable.from(dockerArchive("app:1", LAYERS)), { quiet: true }, never));
    const { id } = bed.images.get("app:1");
    await bed.images.tag("app:1", `${registry.host}/app`, "1");
    const progress = await collect(bed.images.push(`${registry.host}/app:1`, {}, never));
    const said = progress.flatMap((each) => (each.kind === "status" ? [`${each.id ?? ""}|${each.status}`] : []));
    const ids = LAYERS.map((layer) => short(digestOf(layer)));
    assert.deepStrictEqual(said.slice(0, 3), [
      `|The push refers to repository [${registry.host}/app]`,
      `${ids[1]}|Preparing`,
      `${ids[0]}|Preparing`,
    ]);
    assert.deepStrictEqual(new Set(said.slice(3, 5)), new Set(ids.map((each) => `${each}|Pushed`)));
    const aux = progress.at(-1);
    assert.ok(aux?.kind === "aux");
    const { Digest: digest, Size: size } = aux.value as { Digest: string; Size: number };
    assert.equal(said.at(-1), `|1: digest: ${digest} size: ${size}`);
    assert.deepStrictEqual(bed.images.get(id).digests, [`${registry.host}/app@${digest}`]);
    // The plain tars are gone: the compressed blobs stand for them.
    assert.deepStrictEqual(
      LAYERS.map((layer) => bed.content.blobs.has(digestOf(layer))),
      [false, false],
    );

    await collect(other.images.pull(`${registry.host}/app:1`, {}, never));
    assert.equal(other.images.get(`${registry.host}/app:1`).id, id);
  });

  it("gives back byte for byte what was pulled, and says what is there already", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    const { digest } = publish(registry, "1");
    await collect(bed.images.pull(`${registry.host}/app:1`, {}, never));
    await bed.images.tag(`${registry.host}/app:1`, `${registry.host}/app`, "2");
    const progress = await collect(bed.images.push(`${registry.host}/app:2`, {}, never));
    assert.equal(digestOf(registry.manifests.get("app:2")?.bytes ?? ""), digest);
    assert.equal(progress.filter((each) => each.kind === "status" && each.status === "Layer already exists").length, 2);
  });

  it("mounts from another repository of the registry", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    const { blobs } = publish(registry, "1");
    await collect(bed.images.pull(`${registry.host}/app:1`, {}, never));
    await bed.images.tag(`${registry.host}/app:1`, `${registry.host}/copy`, "1");
    // This registry keeps its blobs by repository, as real ones do.
    registry.intercept = (request, response) => {
      if (request.method !== "HEAD") return false;
      refuse(response, 404, "BLOB_UNKNOWN", "blob unknown");
      return true;
    };
    const progress = await collect(bed.images.push(`${registry.host}/copy:1`, {}, never));
    assert.equal(progress.filter((each) => each.kind === "status" && each.status === "Mounted from app").length, 2);
    for (const { digest } of blobs) {
      assert.ok(registry.seen.includes(`POST /v2/copy/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=app`));
    }
  });

  it("opens a new session when an upload breaks", async () => {
    await using registry = await fakeRegistry();
    await using bed = await testBed();
    await collect(bed.images.load(Readable.from(dockerArchive("app:1", LAYERS)), { quiet: true }, never));
    await bed.images.tag("app:1", `${registry.host}/app`, "1");
    let broken = 0;
    registry.intercept = (request, response) => {
      if (request.method !== "PUT" || broken++ > 0) return false;
      response.destroy();
      return true;
    };
    await collect(bed.images.push(`${registry.host}/app:1`, {}, never));
    assert.ok(registry.manifests.has("app:1"));
  });

  it("is NotFound for a tag that is not here", async () => {
    await using bed = await testBed();
    const message = "An image does not exist locally with the tag: nobody:1";
    await assert.rejects(collect(bed.images.push("nobody:1", {}, never)), { kind: "NotFound", message });
  });
});
