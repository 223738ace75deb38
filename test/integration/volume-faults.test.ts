/** The local driver killed in the middle: what a new one makes of what is left. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalVolumes } from "../../daemon/volumes/local-volumes.ts";
import { listTree } from "../support/tree-listing.ts";

const DRIVER = new URL("../../daemon/volumes/local-volumes.ts", import.meta.url).href;
const FOLDERS = 30;
const FILES = 200;

describe("the local driver killed", function () {
  this.timeout(60_000);
  let root: string;
  let rootfs: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-volume-faults-"));
    rootfs = join(root, "rootfs");
    for (let folder = 0; folder < FOLDERS; folder++) {
      mkdirSync(join(rootfs, `data/d${folder}`), { recursive: true });
      for (let file = 0; file < FILES; file++) writeFileSync(join(rootfs, `data/d${folder}/f${file}`), `${file}`);
      linkSync(join(rootfs, "data/d0/f0"), join(rootfs, `data/d${folder}/linked`));
    }
  });
  after(() => rmSync(root, { recursive: true }));

  /** Another process that says when it begins. */
  async function begun(work: string): Promise<ChildProcess> {
    const program = `
      import { createLocalVolumes } from ${JSON.stringify(DRIVER)};
      const volumes = createLocalVolumes(${JSON.stringify(join(root, "data"))});
      ${work}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  it("in a copy-up: the volume counts as empty, and the next copy makes it whole", async () => {
    const staging = join(root, "data/volumes/vol/filling");
    const child = await begun(`
      await volumes.create("vol");
      void volumes.copyUp("vol", ${JSON.stringify(rootfs)}, "/data");
      const { existsSync } = await import("node:fs");
      while (!existsSync(${JSON.stringify(join(staging, "d1"))})) await new Promise((resolve) => setImmediate(resolve));
      console.log("copies");`);
    await kill(child);
    ok(existsSync(staging), "it was through already");
    await using volumes = createLocalVolumes(join(root, "data"));
    deepEqual([readdirSync(volumes.mountpoint("vol")), await volumes.isEmpty("vol")], [[], true]);
    await volumes.copyUp("vol", rootfs, "/data");
    deepEqual(listTree(volumes.mountpoint("vol")), listTree(join(rootfs, "data")));
    deepEqual([readdirSync(join(root, "data/volumes/vol")), await volumes.isEmpty("vol")], [["_data"], false]);
  });

  it("in a removal: the name is free, and the next start sweeps the rest", async () => {
    const child = await begun(`
      await volumes.remove("vol");
      console.log("removes");`);
    await kill(child);
    const trash = join(root, "data/trash/volumes");
    equal(existsSync(join(root, "data/volumes/vol")), false);
    equal(readdirSync(trash).length, 1);
    // Each one takes away what it comes to in the time that it has to leave.
    while (readdirSync(trash).length > 0) {
      await using volumes = createLocalVolumes(join(root, "data"));
      await volumes.sweep(new Map());
    }
  });
});
