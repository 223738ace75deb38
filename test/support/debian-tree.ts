/** A real distribution's root, made by debootstrap once and kept in a cache, with what it lacks added: xattrs, a fifo, long names. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { output } from "./process.ts";
import { ROOT } from "./source-tree.ts";

const CACHE = join(ROOT, "node_modules/.cache/slipway");

async function codename(): Promise<string> {
  return /^VERSION_CODENAME=(\w+)/m.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "stable";
}

/**
 * The path of a pax archive of the tree, with numeric owners and all xattrs.
 * @throws when debootstrap cannot: no mirror answers.
 */
export async function debianArchive(): Promise<string> {
  const archive = join(CACHE, `debian-${await codename()}.tar`);
  if (existsSync(archive)) return archive;
  const tree = join(CACHE, "debian-tree");
  await rm(tree, { recursive: true, force: true });
  await mkdir(dirname(archive), { recursive: true });
  await output("debootstrap", ["--variant=minbase", await codename(), tree]);
  await addWhatItLacks(tree);
  const tar = [
    "--xattrs",
    "--xattrs-include=*",
    "--numeric-owner",
    "--format=pax",
    "-C",
    tree,
    "-cf",
    `${archive}.new`,
    ".",
  ];
  await output("tar", tar);
  await rename(`${archive}.new`, archive);
  await rm(tree, { recursive: true });
  return archive;
}

async function addWhatItLacks(tree: string): Promise<void> {
  const script = `
    rm -rf var/cache/apt var/lib/apt/lists/*
    mkdir -p odd && cd odd
    cp ../bin/true capable && setcap cap_net_raw+ep capable
    echo noted >note && setfattr -n user.note -v hello note
    ln note linked && ln -s ../../../../etc/passwd climbing && ln -s nowhere dangling
    mkfifo -m 600 pipe && mknod -m 640 zero c 1 5 && mknod loop b 7 0
    install -m 4751 -o 1234 -g 4321 /dev/null owned && install -d -m 2770 -o 1000 -g 1001 shared
    mkdir -p "$(printf 'long%.0s' $(seq 50))" && touch "$(printf 'long%.0s' $(seq 50))/$(printf 'name%.0s' $(seq 50))"
    truncate -s 8M sparse && printf 'end' >>sparse
    touch -d '2001-02-03 04:05:06.789012345' note && touch -h -d '1999-12-31 23:59:59' dangling && touch -d '1970-01-01 00:00:01 UTC' shared`;
  await output("bash", ["-ec", script], { cwd: tree });
}
