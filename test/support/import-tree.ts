import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TestDaemon } from "./daemon.ts";
import { dockerOk } from "./docker-cli.ts";

/** An image of this machine's busybox and whatever `fill` puts beside it, by `docker import`. @param folder of the caller's own. */
export async function importTree(
  daemon: TestDaemon,
  folder: string,
  name: string,
  fill: (rootfs: string) => void,
): Promise<void> {
  const rootfs = join(folder, "rootfs");
  mkdirSync(join(rootfs, "bin"), { recursive: true });
  const busybox = execFileSync("which", ["busybox"], { encoding: "utf8" }).trim();
  execFileSync("cp", [busybox, join(rootfs, "bin/busybox")]);
  execFileSync("chroot", [rootfs, "/bin/busybox", "--install", "-s", "/bin"]);
  fill(rootfs);
  const archive = join(folder, "image.tar");
  execFileSync("tar", ["-C", rootfs, "--numeric-owner", "-cf", archive, "."]);
  await dockerOk(daemon, "import", archive, name);
}
