import { join } from "node:path";
import { install, type Finding, type Machine } from "./finding.ts";

/** Advisories of runc and the releases that mend them, one a supported line; what is newer than all of them has the fix. */
const ADVISORIES: readonly (readonly [advisory: string, fixedIn: readonly string[]])[] = [
  ["CVE-2021-30465", ["1.0.0"]],
  ["CVE-2023-27561", ["1.1.5"]],
  ["CVE-2024-21626", ["1.1.12"]],
  ["CVE-2024-45310", ["1.1.14", "1.2.0"]],
  ["CVE-2025-31133", ["1.2.8", "1.3.3", "1.4.0"]],
  ["CVE-2025-52565", ["1.2.8", "1.3.3", "1.4.0"]],
  ["CVE-2025-52881", ["1.2.8", "1.3.3", "1.4.0"]],
];

type Version = readonly [major: number, minor: number, patch: number];

function versionOf(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

function compare(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** The advisories that a release of runc is open to, by its number alone. */
export function openAdvisories(text: string): readonly string[] {
  const version = versionOf(text);
  if (version === undefined) return [];
  return ADVISORIES.filter(([, fixedIn]) => {
    const fixes = fixedIn.map((fix) => versionOf(fix)!);
    // The fix of its own line counts; a line newer than all that were mended came after them.
    const own = fixes.find((fix) => fix[0] === version[0] && fix[1] === version[1]);
    return compare(version, own ?? fixes.at(-1)!) < 0;
  }).map(([advisory]) => advisory);
}

export function checkRunc(machine: Machine): Finding {
  const path = machine.program("runc");
  const remedy = install(machine, { other: "runc" });
  if (path === undefined) return { name: "runc", state: "missing", detail: "not found on PATH", remedy };
  const version = /version (\S+)/.exec(machine.output(path, ["--version"]))?.[1] ?? "";
  if (version === "") return { name: "runc", state: "missing", detail: `${path} does not run`, remedy };
  const open = openAdvisories(version);
  if (open.length === 0) return { name: "runc", state: "ok", detail: `${version} (${path})` };
  const detail = `${version} (${path}) is older than the fix of ${open.join(", ")}, unless your distribution has added it`;
  const upgrade =
    machine.program("apt-get") === undefined
      ? remedy
      : `${machine.uid === 0 ? "" : "sudo "}apt-get install --only-upgrade -y runc`;
  return { name: "runc", state: "warning", detail, remedy: upgrade };
}

const TRIPLETS: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

function library(machine: Machine, name: string): string | undefined {
  const folders = ["/lib", "/usr/lib", "/usr/local/lib"].flatMap((folder) => [
    join(folder, TRIPLETS[machine.arch] ?? machine.arch),
    `${folder}64`,
    folder,
  ]);
  return folders.map((folder) => join(folder, name)).find((path) => machine.exists(path));
}

export function checkLibraries(machine: Machine): readonly Finding[] {
  const wanted = [
    ["libnftables", "libnftables.so.1", { "apt-get": "libnftables1", apk: "nftables", other: "nftables" }],
    ["libseccomp", "libseccomp.so.2", { "apt-get": "libseccomp2", other: "libseccomp" }],
  ] as const;
  return wanted.map(([name, file, names]) => {
    const path = library(machine, file);
    return path === undefined
      ? { name, state: "missing", detail: `${file} not found`, remedy: install(machine, names) }
      : { name, state: "ok", detail: path };
  });
}

export function checkPs(machine: Machine): Finding {
  const path = machine.program("ps");
  if (path !== undefined) return { name: "ps", state: "ok", detail: path };
  return {
    name: "ps",
    state: "warning",
    detail: "not found: `slipway top` needs it",
    remedy: install(machine, { "apt-get": "procps", other: "procps-ng" }),
  };
}

/** What an ordinary user needs beyond that; root needs none of it. */
export function checkRootless(machine: Machine): readonly Finding[] {
  if (machine.uid === 0) return [];
  const ids = (file: string): Finding => {
    const entry = (machine.read(file) ?? "")
      .split("\n")
      .find((line) => line.startsWith(`${machine.user}:`) || line.startsWith(`${machine.uid}:`));
    const remedy = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${machine.user}`;
    return entry === undefined
      ? { name: file, state: "missing", detail: `no range for ${machine.user}`, remedy }
      : { name: file, state: "ok", detail: entry };
  };
  const mapping = ["newuidmap", "newgidmap"].map((name): Finding => {
    const path = machine.program(name);
    const remedy = install(machine, { "apt-get": "uidmap", apk: "shadow-uidmap", other: "shadow-utils" });
    return path === undefined
      ? { name, state: "missing", detail: "not found on PATH", remedy }
      : { name, state: "ok", detail: path };
  });
  const outside = machine.program("pasta") ?? machine.program("slirp4netns");
  const network: Finding =
    outside === undefined
      ? {
          name: "pasta",
          state: "missing",
          detail: "neither pasta nor slirp4netns found",
          remedy: install(machine, { other: "passt" }),
        }
      : { name: "pasta", state: "ok", detail: outside };
  return [ids("/etc/subuid"), ids("/etc/subgid"), ...mapping, network];
}
