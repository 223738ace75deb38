/** The image that the tests run: this machine's static busybox, in a root built in code. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { tarArchive, type TarEntry } from "./tar.ts";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1::/bin:/bin/false\nwww:x:33:33::/home:/bin/sh\n";
const GROUP = "root:x:0:\nbin:x:1:\nwww:x:33:\nextra:x:44:www\n";

export const sha256 = (data: Buffer | string): `sha256:${string}` =>
  `sha256:${createHash("sha256").update(data).digest("hex")}`;

/** An uncompressed layer: /bin/busybox, a link for each applet, /etc/passwd and /etc/group (user www is in group extra). */
export function busyboxLayer(): Buffer {
  const program = execFileSync("which", ["busybox"], { encoding: "utf8" }).trim();
  const applets = execFileSync(program, ["--list"], { encoding: "utf8" }).trim().split("\n");
  const folders = ["bin", "etc", "root", "proc", "sys", "dev", "home", "var"];
  return tarArchive([
    ...folders.map((name): TarEntry => ({ name: `${name}/`, type: "directory" })),
    { name: "tmp/", type: "directory", mode: 0o1777 },
    { name: "bin/busybox", data: readFileSync(program), mode: 0o755 },
    ...applets
      .filter((name) => name !== "busybox")
      .map((name): TarEntry => ({ name: `bin/${name}`, type: "symlink", link: "busybox", mode: 0o777 })),
    { name: "etc/passwd", data: PASSWD },
    { name: "etc/group", data: GROUP },
  ]);
}

export interface ArchiveOptions {
  /** Instead of the digests of the layers: an archive that lies. */
  readonly diffIds?: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What `docker save` of before Docker 25 wrote: manifest.json, the config, a tar a layer. */
export function dockerArchive(name: string, layers: readonly Buffer[], options: ArchiveOptions = {}): Buffer {
  const config = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created: "2024-01-01T00:00:00Z",
    config: {
      Cmd: ["sh"],
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...options.config,
    },
    rootfs: { type: "layers", diff_ids: options.diffIds ?? layers.map(sha256) },
    history: layers.map((_, index) => ({ created: "2024-01-01T00:00:00Z", created_by: `layer ${index}` })),
  });
  const configName = `${sha256(config).slice("sha256:".length)}.json`;
  const paths = layers.map((_, index) => `layer-${index}/layer.tar`);
  return tarArchive([
    ...layers.map((data, index): TarEntry => ({ name: paths[index] ?? "", data })),
    { name: configName, data: config },
    { name: "manifest.json", data: JSON.stringify([{ Config: configName, RepoTags: [name], Layers: paths }]) },
  ]);
}

let archive: Buffer | undefined;

/** `busybox:latest`, built once a process: 2 MB. */
export function busyboxArchive(): Buffer {
  archive ??= dockerArchive("busybox:latest", [busyboxLayer()]);
  return archive;
}
