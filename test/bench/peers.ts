/** dockerd, as Debian packages it, unpacked and never installed: no service is started, no file of the machine is replaced. */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../support/process.ts";
import { ROOT } from "../support/source-tree.ts";

export interface Peer {
  /** "dockerd 20.10.24" */
  readonly name: string;
  /** Folders with dockerd, containerd, its shim, docker-proxy. */
  readonly path: string;
}

const UNPACKED = join(ROOT, "node_modules/.cache/slipway/debian-dockerd");

/** Debian's, and the one in the folder of BENCH_DOCKERD (called BENCH_DOCKERD_VERSION where it has no number). What cannot be had is left out, aloud. */
export async function peers(): Promise<readonly Peer[]> {
  const found: Peer[] = [];
  try {
    found.push(await named(await debianFolders()));
  } catch (error) {
    console.log(`without Debian's dockerd: ${(error as Error).message}`);
  }
  const folder = process.env["BENCH_DOCKERD"];
  if (folder !== undefined) found.push(await named(folder));
  else console.log("without a newer dockerd: BENCH_DOCKERD=FOLDER/bin names one");
  return found;
}

async function debianFolders(): Promise<string> {
  const folders = ["usr/sbin", "usr/bin"].map((folder) => join(UNPACKED, folder)).join(":");
  if (existsSync(join(UNPACKED, "usr/sbin/dockerd"))) return folders;
  await mkdir(UNPACKED, { recursive: true });
  await output("apt-get", ["download", "docker.io", "containerd"], { cwd: UNPACKED });
  for (const name of await readdir(UNPACKED)) {
    if (name.endsWith(".deb")) await output("dpkg-deb", ["-x", name, "."], { cwd: UNPACKED });
  }
  return folders;
}

async function named(path: string): Promise<Peer> {
  const version = await output("dockerd", ["--version"], { env: { PATH: `${path}:${process.env["PATH"] ?? ""}` } });
  const number = /version ([\d.]+)/.exec(version)?.[1];
  // A dockerd built from the module proxy knows no version of itself.
  return { name: `dockerd ${number ?? process.env["BENCH_DOCKERD_VERSION"] ?? "of BENCH_DOCKERD"}`, path };
}
