// What the machine must bring, each named by what it gives: a command, a library, a static archive.
import { accessSync, closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { ENV } from "./paths.mjs";

const TRIPLET = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch] ?? process.arch;
const LIBRARY_FOLDERS = ["/lib", "/usr/lib", "/usr/local/lib"].flatMap((d) => [join(d, TRIPLET), `${d}64`, d]);

function command(name) {
  for (const folder of ENV.PATH.split(":")) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

const library = (name) => LIBRARY_FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));

/** A busybox without an interpreter (ELF, PT_INTERP) runs in an empty root; the dynamic one does not. */
function staticBusybox() {
  const path = command("busybox");
  if (path === undefined) return undefined;
  const head = Buffer.alloc(4096);
  const fd = openSync(path, "r");
  readSync(fd, head, 0, head.length, 0);
  closeSync(fd);
  return head.includes("/ld-") ? undefined : path;
}

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** [what it gives, Debian and Ubuntu package, how to see that it is there] */
const ENGINE = [
  ["runc", "runc", () => command("runc")],
  ["libnftables.so.1", "libnftables1", () => library("libnftables.so.1")],
  ["libseccomp.so.2", "libseccomp2", () => library("libseccomp.so.2")],
  ["cc", "gcc", () => command("cc")],
  ["static libc", "libc6-dev", () => library("libc.a")],
  ["make", "make", () => command("make")],
  ["static busybox", "busybox-static", staticBusybox],
  ["ps", "procps", () => command("ps")],
];

const TEST = [
  ["docker-registry", "docker-registry", () => command("docker-registry")],
  ["htpasswd", "apache2-utils", () => command("htpasswd")],
  ["debootstrap", "debootstrap", () => command("debootstrap")],
  ["curl", "curl", () => command("curl")],
  ["ip", "iproute2", () => command("ip")],
  ["nft", "nftables", () => command("nft")],
  ["nsenter", "util-linux", () => command("nsenter")],
  ["script", "bsdutils", () => command("script")],
  ["git", "git", () => command("git")],
  ["getfattr", "attr", () => command("getfattr")],
  ["getcap", "libcap2-bin", () => command("getcap")],
  ["iperf3", "iperf3", () => command("iperf3")],
  // For the extension's tests: a browser for the editor, and what its native modules are compiled with.
  ["chromium", "chromium", () => BROWSERS.map(command).find((path) => path !== undefined)],
  ["c++", "g++", () => command("c++")],
  ["python3", "python3", () => command("python3")],
];

/** @returns {{gives: string, package: string}[]} */
export function missingPackages(forTests) {
  const wanted = forTests ? [...ENGINE, ...TEST] : ENGINE;
  return wanted.filter(([, , find]) => find() === undefined).map(([gives, name]) => ({ gives, package: name }));
}
