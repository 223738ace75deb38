/** The image service over its real stores (files, SQLite, overlay layers), against Debian's docker-registry with a password. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { digestOf } from "../../daemon/base/digest.ts";
import { silent } from "../../daemon/base/logger.ts";
import { createContentStore } from "../../daemon/content/file-content-store.ts";
import { createImages, type ImageService } from "../../daemon/engine/images/images.ts";
import type { Progress } from "../../daemon/engine/services.ts";
import { openMetadata } from "../../daemon/metadata/metadata.ts";
import { Registries } from "../../daemon/registry/registries.ts";
import { createOverlaySnapshotter } from "../../daemon/snapshots/overlay-snapshotter.ts";
import { busyboxLayer, dockerArchive } from "../support/busybox-image.ts";
import { said } from "../support/process.ts";
import { tarArchive } from "../support/tar.ts";

const never = new AbortController().signal;
const USER = { username: "user", password: "pass" };
const TOP = tarArchive([
  { name: "etc/", type: "directory" },
  { name: "etc/motd", data: "hello\n", uid: 7, gid: 8 },
  { name: "etc/.wh.group", data: "" },
]);

async function collect(progress: AsyncIterable<Progress>): Promise<Progress[]> {
  const all: Progress[] = [];
  for await (const each of progress) all.push(each);
  return all;
}

class Store implements AsyncDisposable {
  readonly root: string;
  readonly images: ImageService;
  readonly #stack = new AsyncDisposableStack();

  constructor(root: string) {
    this.root = root;
    const content = createContentStore(root);
    const snapshots = this.#stack.use(createOverlaySnapshotter({ root, logger: silent, workers: 2 }));
    const metadata = this.#stack.use(openMetadata(join(root, "metadata.db")));
    const registries = this.#stack.use(new Registries());
    this.images = createImages({
      content,
      snapshots,
      metadata,
      registries,
      publish: () => undefined,
      usersOf: () => [],
      log: silent,
    });
  }

  /** Files of blobs, ingests and layers: what a failure must not leave. */
  async contents(): Promise<Record<string, number>> {
    const count = async (name: string): Promise<number> => (await readdir(join(this.root, name))).length;
    return { blobs: await count("blobs/sha256"), ingests: await count("ingests"), layers: await count("layers") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

class Registry implements AsyncDisposable {
  readonly host: string;
  readonly #child: ChildProcess;

  private constructor(host: string, child: ChildProcess) {
    this.host = host;
    this.#child = child;
  }

  static async start(folder: string): Promise<Registry> {
    const secrets = join(folder, "htpasswd");
    await writeFile(secrets, execFileSync("htpasswd", ["-Bbn", USER.username, USER.password]));
    const config = {
      version: 0.1,
      log: { level: "info" },
      storage: { filesystem: { rootdirectory: join(folder, "data") } },
      http: { addr: "127.0.0.1:0" },
      auth: { htpasswd: { realm: "test", path: secrets } },
    };
    const file = join(folder, "config.yml");
    await writeFile(file, JSON.stringify(config)); // JSON is YAML
    const child = spawn("docker-registry", ["serve", file], { stdio: ["ignore", "ignore", "pipe"] });
    const [, address = ""] = await said(child.stderr, /listening on (127\.0\.0\.1:\d+)\D/);
    return new Registry(address, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}

describe("images and a registry", function () {
  this.timeout(60_000);
  let folder: string;
  let registry: Registry;
  let name: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-images-"));
    registry = await Registry.start(folder);
    name = `${registry.host}/team/app`;
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const newStore = async (): Promise<Store> => new Store(await mkdtemp(join(folder, "store-")));

  it("a loaded image pushed and pulled elsewhere has the same id, layers and repo digest", async () => {
    await using here = await newStore();
    await using there = await newStore();
    const progress = await collect(
      here.images.load(Readable.from(dockerArchive("app:1", [busyboxLayer(), TOP])), { quiet: false }, never),
    );
    assert.deepStrictEqual(progress.at(-1), { kind: "stream", text: "Loaded image: app:1\n" });
    await here.images.tag("app:1", name, "1");
    const pushed = await collect(here.images.push(`${name}:1`, { credentials: USER }, never));
    const pulled = await collect(there.images.pull(`${name}:1`, { credentials: USER }, never));
    assert.deepStrictEqual(pulled.at(-1), { kind: "status", status: `Status: Downloaded newer image for ${name}:1` });
    const [a, b] = [here.images.get(`${name}:1`), there.images.get(`${name}:1`)];
    assert.deepStrictEqual(
      { id: b.id, chain: b.chainId, digests: b.digests, layers: b.layers, size: b.size },
      { id: a.id, chain: a.chainId, digests: a.digests, layers: a.layers, size: a.size },
    );
    const last = pushed.at(-1);
    assert.ok(last?.kind === "aux");
    assert.deepStrictEqual(b.digests, [`${name}@${String(last.value.Digest)}`]);

    const again = await collect(here.images.push(`${name}:1`, { credentials: USER }, never));
    assert.equal(again.filter((each) => each.kind === "status" && each.status === "Layer already exists").length, 2);
    const byDigest = await collect(there.images.pull(b.digests[0] ?? "", { credentials: USER }, never));
    assert.match(JSON.stringify(byDigest.at(-1)), /Image is up to date/);
    const seen = await there.images.distribution(`${name}:1`, USER);
    assert.deepStrictEqual(
      [`${name}@${seen.digest}`, seen.platforms],
      [b.digests[0], [{ os: "linux", architecture: b.config.architecture }]],
    );
  });

  it("a second tag in another repository is mounted, not sent", async () => {
    await using store = await newStore();
    await collect(store.images.pull(`${name}:1`, { credentials: USER }, never));
    await store.images.tag(`${name}:1`, `${registry.host}/other/app`, "1");
    const progress = await collect(store.images.push(`${registry.host}/other/app:1`, { credentials: USER }, never));
    assert.equal(
      progress.filter((each) => each.kind === "status" && each.status === "Mounted from team/app").length,
      2,
    );
  });

  it("save of a pulled image and load elsewhere keeps id, manifest and chain", async () => {
    await using here = await newStore();
    await using there = await newStore();
    await collect(here.images.pull(`${name}:1`, { credentials: USER }, never));
    const archive = await buffer(await here.images.save([`${name}:1`], never));
    await collect(there.images.load(Readable.from([archive]), { quiet: true }, never));
    const [a, b] = [here.images.get(`${name}:1`), there.images.get(`${name}:1`)];
    assert.deepStrictEqual([b.id, b.manifestDigest, b.chainId], [a.id, a.manifestDigest, a.chainId]);
  });

  it("remove leaves no blob and no layer", async () => {
    await using store = await newStore();
    await collect(store.images.pull(`${name}:1`, { credentials: USER }, never));
    await store.images.remove(`${name}:1`, { force: false, prune: true });
    assert.deepStrictEqual(await store.contents(), { blobs: 0, ingests: 0, layers: 0 });
  });

  const bad: readonly (readonly [string, Buffer])[] = [
    ["a cut archive", dockerArchive("bad:1", [TOP]).subarray(0, 2000)],
    ["a layer with another diffID", dockerArchive("bad:1", [TOP], { diffIds: [digestOf("x")] })],
    ["a layer that climbs out", dockerArchive("bad:1", [tarArchive([{ name: "../../x", data: "y" }])])],
  ];
  for (const [title, archive] of bad) {
    it(`load refuses ${title} and leaves nothing`, async () => {
      await using store = await newStore();
      await assert.rejects(collect(store.images.load(Readable.from([archive]), { quiet: true }, never)), {
        name: "EngineError",
      });
      const { blobs, layers } = await store.contents();
      assert.deepStrictEqual({ blobs, layers }, { blobs: 0, layers: 0 });
      await store.images.sweep();
      assert.deepStrictEqual(await store.contents(), { blobs: 0, ingests: 0, layers: 0 });
    });
  }

  it("pull and login without the password are refused in Docker's words", async () => {
    await using store = await newStore();
    await assert.rejects(collect(store.images.pull(`${name}:1`, {}, never)), {
      kind: "Unauthorized",
      message: "unauthorized: authentication required",
    });
    await assert.rejects(store.images.login({ ...USER, password: "no", serverAddress: registry.host }), {
      kind: "Unauthorized",
    });
    const { status } = await store.images.login({ ...USER, serverAddress: registry.host });
    assert.equal(status, "Login Succeeded");
    const message = `manifest for ${name}:nobody not found: manifest unknown: manifest unknown`;
    await assert.rejects(collect(store.images.pull(`${name}:nobody`, { credentials: USER }, never)), {
      kind: "NotFound",
      message,
    });
  });
});
