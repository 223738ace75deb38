/** Sizes of volumes, on a file system that holds quotas of projects. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalVolumes } from "../../daemon/volumes/local-volumes.ts";
import { skipAloud } from "../support/docker-cli.ts";
import { output, run } from "../support/process.ts";

const MIB = 1024 * 1024;
const FULL = /No space left|quota exceeded/i;

/** How to make each, in a file as small as it may be. */
const FILE_SYSTEMS = {
  ext4: { size: "64M", mkfs: ["mke2fs", "-q", "-t", "ext4", "-O", "quota,project", "-E", "quotatype=prjquota", "-F"] },
  xfs: { size: "304M", mkfs: ["mkfs.xfs", "-q"] },
} as const;

for (const [type, { size, mkfs }] of Object.entries(FILE_SYSTEMS)) {
  describe(`the local driver on ${type} with quotas of projects`, () => quotas(type, size, mkfs));
}

function quotas(type: string, size: string, [program, ...flags]: readonly [string, ...string[]]): void {
  let scratch: string;
  let root: string;

  before(async function () {
    const there = await run("sh", ["-c", `command -v ${program}`]);
    if (there.code !== 0) skipAloud(this, `this machine has no ${program}`);
    scratch = mkdtempSync(join(tmpdir(), "slipway-quota-"));
    // Somebody else than root is to get there.
    chmodSync(scratch, 0o711);
    root = join(scratch, "root");
    mkdirSync(root);
    const disk = join(scratch, "disk");
    await output("truncate", ["-s", size, disk]);
    await output(program, [...flags, disk]);
    const { code, stderr } = await run("mount", ["-o", "loop,prjquota", disk, root]);
    if (code !== 0)
      skipAloud(this, `this kernel mounts no ${type} with quotas of projects: ${stderr.split("\n", 1)[0] ?? ""}`);
  });
  after(async () => {
    if (scratch === undefined) return;
    await run("umount", [root]);
    rmSync(scratch, { recursive: true, force: true });
  });

  /** As somebody whom the limit holds, which is not so of root. @returns what it said against it. */
  async function writes(mountpoint: string, mebibytes: number): Promise<string> {
    chmodSync(mountpoint, 0o777);
    const dd = ["dd", "if=/dev/zero", `of=${join(mountpoint, "file")}`, "bs=1M", `count=${mebibytes}`];
    const { code, stderr } = await run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", ...dd], {
      env: { LC_ALL: "C" },
    });
    return code === 0 ? "" : stderr;
  }

  it("`size` is the most that a volume holds, and each has its own", async () => {
    await using volumes = createLocalVolumes(root);
    volumes.check({ size: "4m" });
    const small = await volumes.create("small", { size: "4m" });
    const large = await volumes.create("large", { size: "16m" });
    const free = await volumes.create("free");
    equal(await writes(small, 3), "");
    match(await writes(small, 8), FULL);
    equal(await writes(large, 8), "");
    equal(await writes(free, 20), "");
    ok((await volumes.usage("small")) <= 4 * MIB);
  });

  it("what is copied up counts, and a removal gives it back", async () => {
    await using volumes = createLocalVolumes(root);
    const image = join(scratch, "image");
    mkdirSync(join(image, "data/sub"), { recursive: true });
    writeFileSync(join(image, "data/sub/file"), Buffer.alloc(2 * MIB));
    const mountpoint = await volumes.create("filled", { size: "3m" });
    await volumes.copyUp("filled", image, "/data");
    deepEqual(readdirSync(mountpoint), ["sub"]);
    match(await writes(mountpoint, 2), FULL);
    await volumes.remove("filled");
    equal(await writes(await volumes.create("filled", { size: "3m" }), 2), "");
  });

  it("a directory that a power cut took has its limit again", async () => {
    const first = createLocalVolumes(root);
    await first.create("lost", { size: "2m" });
    await first[Symbol.asyncDispose]();
    rmSync(join(root, "volumes/lost"), { recursive: true });
    await using volumes = createLocalVolumes(root);
    await volumes.sweep(new Map([["lost", { size: "2m" }]]));
    match(await writes(volumes.mountpoint("lost"), 4), FULL);
  });
}
