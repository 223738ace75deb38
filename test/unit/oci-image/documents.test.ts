import assert from "node:assert/strict";
import { type Digest, digestOf } from "../../../daemon/base/digest.ts";
import { chainIds } from "../../../daemon/oci/chain-id.ts";
import { CONFIG_LIMIT, parseImageConfig } from "../../../daemon/oci/image-config.ts";
import { imagesOf, MANIFEST_LIMIT, parseManifest, serialiseManifest } from "../../../daemon/oci/manifest.ts";
import { choosePlatform, formatPlatform, parsePlatform, type Platform } from "../../../daemon/oci/platform.ts";

const OCI = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const DOCKER = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("c"), size: 1 };
const LAYER = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: digestOf("l"), size: 2 };
const MANIFEST = { schemaVersion: 2, mediaType: OCI, config: CONFIG, layers: [LAYER] };
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

describe("parseManifest", () => {
  it("reads a manifest, with and without its type", () => {
    const expected = { kind: "manifest", mediaType: OCI, config: CONFIG, layers: [LAYER] };
    assert.deepStrictEqual(parseManifest(bytes(MANIFEST), `${OCI}; charset=utf-8`), expected);
    assert.deepStrictEqual(parseManifest(bytes({ ...MANIFEST, mediaType: undefined })), expected);
    assert.deepStrictEqual(parseManifest(bytes({ ...MANIFEST, annotations: null }), "application/json"), expected);
  });

  it("reads what serialiseManifest writes", () => {
    const manifest = { mediaType: OCI, config: CONFIG, layers: [LAYER] };
    assert.deepStrictEqual(parseManifest(serialiseManifest(manifest), OCI), { kind: "manifest", ...manifest });
  });

  it("tells images of an index from attestations", () => {
    const entry = (platform: object, annotations?: object) => ({
      mediaType: OCI,
      digest: digestOf("m"),
      size: 3,
      platform,
      annotations,
    });
    const amd64 = { os: "linux", architecture: "amd64" };
    const index = parseManifest(
      bytes({
        schemaVersion: 2,
        manifests: [
          entry(amd64),
          entry({ os: "unknown", architecture: "unknown" }),
          entry(amd64, { "vnd.docker.reference.type": "attestation-manifest" }),
        ],
      }),
      INDEX,
    );
    assert.ok(index.kind === "index");
    assert.deepStrictEqual(imagesOf(index), [{ mediaType: OCI, digest: digestOf("m"), size: 3, platform: amd64 }]);
  });

  const bad: readonly (readonly [string, unknown, string | undefined, RegExp])[] = [
    ["both layers and manifests (CVE-2021-41190)", { ...MANIFEST, manifests: [] }, OCI, /ambiguous/],
    ["both, without a type", { schemaVersion: 2, layers: [], manifests: [] }, undefined, /ambiguous/],
    ["another type than it is served as", { ...MANIFEST, mediaType: DOCKER }, OCI, /is served as/],
    ["an unknown type", MANIFEST, "application/vnd.docker.distribution.manifest.v1+json", /unsupported/],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, OCI, /unsupported manifest: schema version 1/],
    [
      "an artifact",
      { ...MANIFEST, config: { ...CONFIG, mediaType: "application/vnd.oci.empty.v1+json" } },
      OCI,
      /an artifact, not an image/,
    ],
    [
      "a layer of a strange type",
      { ...MANIFEST, layers: [{ ...LAYER, mediaType: "text/plain" }] },
      OCI,
      /layer of media type/,
    ],
    [
      "a digest that climbs out",
      { ...MANIFEST, layers: [{ ...LAYER, digest: "sha256:../../x" }] },
      OCI,
      /not a sha256 digest/,
    ],
    ["sha512", { ...MANIFEST, config: { ...CONFIG, digest: `sha512:${"a".repeat(128)}` } }, OCI, /not a sha256 digest/],
    ["a negative size", { ...MANIFEST, layers: [{ ...LAYER, size: -1 }] }, OCI, /not a count/],
    ["a size that is no integer", { ...MANIFEST, layers: [{ ...LAYER, size: 1e300 }] }, OCI, /not a count/],
    ["513 layers", { ...MANIFEST, layers: Array(513).fill(LAYER) }, OCI, /at most 512/],
    ["no layers", { ...MANIFEST, layers: null }, OCI, /no config or no layers/],
    ["a list", [], OCI, /not a JSON object/],
    ["no JSON", "{", OCI, /not valid JSON/],
    ["deep nesting", `{"a":${"[".repeat(200_000)}`, OCI, /not valid JSON/],
    ["more than 4 MiB", " ".repeat(MANIFEST_LIMIT + 1), OCI, /larger than/],
  ];
  for (const [title, value, type, message] of bad) {
    it(`refuses ${title}`, () =>
      assert.throws(() => parseManifest(bytes(value), type), { kind: "InvalidParameter", message }));
  }
});

describe("parseImageConfig", () => {
  const EMPTY = { user: "", exposedPorts: [], env: [], volumes: [], workingDir: "", labels: {} };
  const diffId = digestOf("d");

  it("reads everything that the engine acts on", () => {
    const config = parseImageConfig(
      bytes({
        architecture: "arm",
        variant: "v7",
        os: "linux",
        created: "2024-01-01T00:00:00Z",
        author: "me",
        rootfs: { type: "layers", diff_ids: [diffId] },
        history: [{ created: "x", created_by: "y", empty_layer: true }, { comment: "z" }],
        config: {
          User: "u",
          ExposedPorts: { "80/tcp": {} },
          Env: ["A=1"],
          Entrypoint: ["e"],
          Cmd: [],
          Volumes: { "/v": {} },
          WorkingDir: "/w",
          Labels: { __proto__: null, k: "v" },
          StopSignal: "SIGQUIT",
          Shell: ["/bin/bash", "-c"],
          OnBuild: ["RUN x"],
          Healthcheck: { Test: ["CMD", "t"], Interval: 1e9, Retries: 3 },
        },
      }),
    );
    assert.deepStrictEqual(config, {
      architecture: "arm",
      variant: "v7",
      os: "linux",
      created: "2024-01-01T00:00:00Z",
      author: "me",
      diffIds: [diffId],
      history: [{ created: "x", createdBy: "y", emptyLayer: true }, { comment: "z" }],
      run: {
        user: "u",
        exposedPorts: ["80/tcp"],
        env: ["A=1"],
        entrypoint: ["e"],
        cmd: [],
        volumes: ["/v"],
        workingDir: "/w",
        labels: { k: "v" },
        stopSignal: "SIGQUIT",
        shell: ["/bin/bash", "-c"],
        onBuild: ["RUN x"],
        healthcheck: { test: ["CMD", "t"], interval: 1e9, retries: 3 },
      },
    });
  });

  it("takes null for anything, as Go writes it", () => {
    const keys = [
      "User",
      "ExposedPorts",
      "Env",
      "Entrypoint",
      "Cmd",
      "Volumes",
      "WorkingDir",
      "Labels",
      "StopSignal",
      "OnBuild",
      "Healthcheck",
    ];
    const config = Object.fromEntries(keys.map((key) => [key, null]));
    const expected = { architecture: "", os: "", diffIds: [], history: [], run: EMPTY };
    const rootfs = { type: "layers", diff_ids: null };
    assert.deepStrictEqual(
      parseImageConfig(bytes({ architecture: null, os: null, history: null, rootfs, config })),
      expected,
    );
    assert.deepStrictEqual(parseImageConfig(bytes({ config: null, rootfs })), expected);
  });

  it("keeps a label __proto__ a label", () => {
    const { run } = parseImageConfig(bytes('{"rootfs":{},"config":{"Labels":{"__proto__":"x"}}}'));
    assert.deepStrictEqual(
      [Object.keys(run.labels), Object.getPrototypeOf(run.labels)],
      [["__proto__"], Object.prototype],
    );
  });

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ["no rootfs", {}, /invalid image JSON, no RootFS key/],
    ["a diff_id that is none", { rootfs: { diff_ids: ["x"] } }, /a diff_id is not/],
    ["Env that is no list", { rootfs: {}, config: { Env: {} } }, /image config: config: Env is not an array/],
    ["a label that is a number", { rootfs: {}, config: { Labels: { a: 1 } } }, /Labels.a is not a string/],
    ["a history of layers that are not there", { rootfs: {}, history: [{}] }, /more layers than its rootfs/],
    ["513 layers", { rootfs: { diff_ids: Array(513).fill(diffId) } }, /at most 512/],
    ["more than 8 MiB", " ".repeat(CONFIG_LIMIT + 1), /larger than/],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /not valid JSON/],
  ];
  for (const [title, value, message] of bad) {
    const document = Buffer.isBuffer(value) ? value : bytes(value);
    it(`refuses ${title}`, () =>
      assert.throws(() => parseImageConfig(document), { kind: "InvalidParameter", message }));
  }
});

describe("chainIds", () => {
  it("hashes each layer with the chain below (image-spec, config.md#layer-chainid)", () => {
    const [a, b, c]: readonly Digest[] = ["a", "b", "c"].map(digestOf);
    const ab = digestOf(`${a} ${b}`);
    assert.deepStrictEqual(chainIds([a!, b!, c!]), [a, ab, digestOf(`${ab} ${c}`)]);
    assert.deepStrictEqual(chainIds([]), []);
  });
});

describe("choosePlatform", () => {
  const AMD = { os: "linux", architecture: "amd64" };
  const table: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ["linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    ["linux/amd64", ["windows/amd64"], undefined],
    ["linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v2"],
    ["linux/amd64", ["linux/amd64/v2"], undefined],
    ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm/v8"], "linux/arm/v6"],
    ["linux/arm", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    ["linux/arm/v6", ["linux/arm/v7"], undefined],
    ["linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"],
    ["linux/arm64", ["linux/arm/v7"], "linux/arm/v7"],
    ["linux/aarch64", ["linux/arm64"], "linux/arm64"],
    ["linux/s390x", ["linux/s390x"], "linux/s390x"],
  ];
  const split = (text: string): Platform => {
    const [os = "", architecture = "", variant] = text.split("/");
    return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  };
  for (const [wanted, candidates, expected] of table) {
    it(`${wanted} of ${candidates.join(", ")} is ${expected}`, () => {
      const found = choosePlatform(candidates.map(split), (each) => each, parsePlatform(wanted, AMD));
      assert.equal(found === undefined ? undefined : formatPlatform(found), expected);
    });
  }

  for (const bad of ["", "a/b/c/d", "linux/", "linux/am d64"]) {
    it(`parsePlatform refuses ${JSON.stringify(bad)}`, () =>
      assert.throws(() => parsePlatform(bad, AMD), { kind: "InvalidParameter" }));
  }
});
