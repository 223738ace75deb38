/** Folders of the client's machine in and out of the engine: the SDK packs and unpacks them. */
import { deepEqual, equal } from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Engine } from "../../sdk/index.ts";
import { TestDaemon } from "../support/daemon.ts";

describe("folders", () => {
  let daemon: TestDaemon;
  let engine: Engine;
  let folder: string;

  before(async () => {
    daemon = await TestDaemon.start({ busybox: false });
    engine = await Engine.connect({ env: { ...daemon.env, HOME: daemon.root } });
    folder = join(daemon.root, "tree");
    mkdirSync(join(folder, "deep/er"), { recursive: true });
    writeFileSync(join(folder, "deep/er/program"), "#!/bin/sh\n");
    chmodSync(join(folder, "deep/er/program"), 0o751);
    symlinkSync("deep/er/program", join(folder, "link"));
  });
  after(async () => {
    await engine[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
  });

  it("volume.importFolder and volume.exportTo keep contents, modes and links", async () => {
    await using volume = await engine.volumes.create();
    await volume.importFolder(folder);
    const copy = join(daemon.root, "copy");
    await volume.exportTo(copy);
    equal(readFileSync(join(copy, "deep/er/program"), "utf8"), "#!/bin/sh\n");
    equal(statSync(join(copy, "deep/er/program")).mode & 0o7777, 0o751);
    equal(readlinkSync(join(copy, "link")), "deep/er/program");
    const part = join(daemon.root, "part");
    await volume.exportTo(part, { path: "/deep/er" });
    deepEqual(statSync(join(part, "program")).isFile(), true);
  });

  it("images.importFolder makes an image of one layer", async () => {
    const image = await engine.images.importFolder(folder, { reference: "tree:1", changes: ['CMD ["/x"]'] });
    const { RootFS, Config } = await image.inspect();
    deepEqual([RootFS?.Layers?.length, Config?.Cmd], [1, ["/x"]]);
    await image.remove();
  });

  it("a folder that is not there is an error, and leaves nothing", async () => {
    await using volume = await engine.volumes.create();
    let message = "";
    await volume.importFolder(join(daemon.root, "nowhere")).catch((error: unknown) => (message = String(error)));
    equal(message.includes("ENOENT"), true, message);
    deepEqual(await volume.fs.list("/"), []);
  });
});
