/** A whole distribution through a real registry with a password: what comes back is what went in. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { debianArchive } from "../support/debian-tree.ts";
import { skipAloud } from "../support/docker-cli.ts";
import { openApi } from "../support/http.ts";
import { output } from "../support/process.ts";
import { TestRegistry } from "../support/registry.ts";
import { treeManifest, xattrsOf } from "../support/tree-manifest.ts";
import { text } from "node:stream/consumers";

interface Stored {
  readonly Id: string;
  readonly RepoDigests: readonly string[];
}

describe("registry round trip", function () {
  this.timeout(300_000);
  let archive: string;
  let daemon: TestDaemon;
  let registry: TestRegistry;
  let name: string;
  before(async function () {
    archive = await debianArchive().catch((error: Error) =>
      skipAloud(this, `debootstrap: ${error.message.slice(-200)}`),
    );
    daemon = await TestDaemon.start({ busybox: false });
    registry = await TestRegistry.start(daemon);
    name = `${registry.address}/team/debian`;
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  const withAuth = (password?: string): { headers: Record<string, string> } => ({
    headers: { "x-registry-auth": registry.auth(password) },
  });
  const inspect = (): Promise<Stored> => daemon.call<Stored>("GET", `/images/${name}:1/json`);
  let original: Stored;

  it("POST /images/create takes the tree in", async () => {
    const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(name)}&tag=1`;
    equal(await upload(path, archive), 200);
    original = await inspect();
  });

  it("POST /images/{name}/push without a password is refused", async () => {
    match(
      (await daemon.api("POST", `/images/${name}/push?tag=1`)).text,
      /no basic auth credentials|unauthorized|denied/i,
    );
    match((await daemon.api("POST", `/images/${name}/push?tag=1`, withAuth("wrong"))).text, /unauthorized|denied/i);
  });

  it("POST /auth tells a right password from a wrong one", async () => {
    const body = { username: registry.user, password: "wrong", serveraddress: registry.address };
    const refused = await daemon.api("POST", "/auth", { body });
    equal(refused.status, 401, refused.text);
    equal((await daemon.api("POST", "/auth", { body: { ...body, password: registry.password } })).status, 200);
  });

  it("push, remove, pull gives the same image", async () => {
    const pushed = (await daemon.api("POST", `/images/${name}/push?tag=1`, withAuth())).text;
    ok(!pushed.includes('"error"'), pushed.slice(-500));
    await daemon.call("DELETE", `/images/${name}:1?force=1`);
    equal((await daemon.api("GET", `/images/${name}:1/json`)).status, 404);
    notEqual((await daemon.api("POST", `/images/create?fromImage=${encodeURIComponent(name)}&tag=1`)).status, 200);
    const path = `/images/create?fromImage=${encodeURIComponent(name)}&tag=1`;
    const pulled = (await daemon.api("POST", path, withAuth())).text;
    ok(!pulled.includes('"error"'), pulled.slice(-500));
    equal((await inspect()).Id, original.Id);
  });

  it("the rootfs is equal: owners, modes, times, links, xattrs, devices", async () => {
    const source = join(daemon.root, "source");
    await mkdir(source);
    await output("tar", ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-C", source, "-xpf", archive]);
    const rootfs = await rootfsOf(name);
    try {
      deepEqual(treeManifest(rootfs), treeManifest(source));
      deepEqual(await xattrsOf(rootfs), await xattrsOf(source));
    } finally {
      await output("umount", [rootfs]);
    }
  });

  it("a program of it runs", async () => {
    const body = {
      Image: `${name}:1`,
      Cmd: ["/bin/sh", "-c", "dpkg --version && getent passwd root"],
      HostConfig: { NetworkMode: "none" },
    };
    const { Id } = await daemon.call<{ Id: string }>("POST", "/containers/create", { body });
    await daemon.call("POST", `/containers/${Id}/start`);
    equal((await daemon.call<{ StatusCode: number }>("POST", `/containers/${Id}/wait`)).StatusCode, 0);
    match((await daemon.api("GET", `/containers/${Id}/logs?stdout=1`)).text, /Debian 'dpkg'[^]*root:x:0:0/);
  });

  async function upload(path: string, file: string): Promise<number> {
    const body = createReadStream(file);
    const response = await openApi(daemon.socket, "POST", path, {
      body,
      headers: { "content-type": "application/x-tar" },
    });
    const answer = await text(response);
    ok(!answer.includes('"error"'), answer);
    return response.statusCode ?? 0;
  }

  /** The layers of a created container, mounted by ourselves, read-only: nothing of the runtime is in them. */
  async function rootfsOf(image: string): Promise<string> {
    const body = { Image: `${image}:1`, Cmd: ["true"] };
    const { Id } = await daemon.call<{ Id: string }>("POST", "/containers/create", { body });
    const { GraphDriver } = await daemon.call<{ GraphDriver: { Data: { LowerDir: string } } }>(
      "GET",
      `/containers/${Id}/json`,
    );
    // dockerd puts a layer of mount points above the image's.
    const layers = GraphDriver.Data.LowerDir.split(":").filter((layer) => !layer.includes("-init/"));
    const point = join(daemon.root, "rootfs");
    const empty = join(daemon.root, "empty");
    await mkdir(point);
    await mkdir(empty);
    // overlayfs wants two layers; the empty one stands below.
    await output("mount", [
      "-t",
      "overlay",
      "-o",
      `ro,lowerdir=${[...layers, empty].join(":")}`,
      "slipway-test",
      point,
    ]);
    return point;
  }
});
