/** Everything that an image must keep of a file tree, as text lines that can be compared. */
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync, readlinkSync, type BigIntStats } from "node:fs";
import { join } from "node:path";
import { output } from "./process.ts";

/** One line a path: type, mode, owner, time in nanoseconds, size and digest, link target, device, and its first hard link. */
export function treeManifest(root: string): readonly string[] {
  const lines: string[] = [];
  const firstLink = new Map<bigint, string>();
  const walk = (path: string): void => {
    const full = join(root, path);
    const stat = lstatSync(full, { bigint: true });
    if (!firstLink.has(stat.ino)) firstLink.set(stat.ino, path);
    const shared = !stat.isDirectory() && stat.nlink > 1n ? ` =${firstLink.get(stat.ino)}` : "";
    lines.push(
      `${path} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeNs} ${contentOf(full, stat)}${shared}`,
    );
    if (stat.isDirectory()) for (const name of readdirSync(full).sort()) walk(join(path, name));
  };
  walk("/");
  return lines;
}

function contentOf(path: string, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (stat.isCharacterDevice() || stat.isBlockDevice()) return `device ${stat.rdev}`;
  if (stat.isFile()) return `${stat.size} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
  return "-";
}

/** Extended attributes of the whole tree but those of overlayfs itself, as getfattr(1) dumps them, sorted by path. */
export async function xattrsOf(root: string): Promise<readonly string[]> {
  const dump = await output("getfattr", ["-R", "-P", "-d", "-h", "-m", "-", "-e", "hex", "."], { cwd: root });
  return dump
    .split("\n\n")
    .map((block) =>
      block
        .split("\n")
        .filter((line) => !line.startsWith("trusted.overlay."))
        .join("\n"),
    )
    .filter((block) => block.includes("\n"))
    .sort();
}
