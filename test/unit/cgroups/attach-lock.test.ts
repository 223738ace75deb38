import { mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AttachLock } from "../../../daemon/linux/cgroups/attach-lock.ts";
import type { CgroupLayout } from "../../../daemon/linux/cgroups/layout.ts";

describe("AttachLock", () => {
  let root: string;
  before(() => (root = mkdtempSync(join(tmpdir(), "slipway-cgroup-"))));
  after(() => rmSync(root, { recursive: true }));

  const v1 = (): CgroupLayout => ({ version: 1, hierarchies: new Map([["pids", root]]) });
  const v2 = (): CgroupLayout => ({ version: 2, mountpoint: root, controllers: new Set() });
  const cases: readonly (readonly [name: string, layout: () => CgroupLayout, membership: string, folder: string])[] = [
    ["version 2", v2, "0::/user.slice/a:b.scope\n", "user.slice/a:b.scope"],
    ["version 1", v1, "5:devices:/elsewhere\n4:pids:/box\n0::/\n", "box"],
  ];
  for (const [name, layout, membership, folder] of cases)
    it(`ease moves this process to where it is: ${name}`, async () => {
      const file = join(root, folder, "cgroup.procs");
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(file, "");
      const written = new Promise<void>((resolve) => {
        const watcher = watch(file, () => {
          if (readFileSync(file, "utf8") !== "0") return;
          watcher.close();
          resolve();
        });
      });
      new AttachLock(layout(), membership).ease();
      await written;
    });
});
