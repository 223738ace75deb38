import type { MountSpec } from "../../../engine/model/container.ts";
import { invalid } from "./invalid.ts";
import { mountTarget } from "./mount-target.ts";

/** Options of tmpfs(5) and mount(8) that Docker takes. */
// prettier-ignore
const FLAGS: ReadonlySet<string> = new Set([
  "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync", "remount", "mand", "nomand",
  "atime", "noatime", "diratime", "nodiratime", "bind", "rbind", "private", "rprivate", "shared", "rshared", "slave",
  "rslave", "unbindable", "runbindable", "relatime", "norelatime", "strictatime", "nostrictatime", "defaults",
]);
const VALUES: ReadonlySet<string> = new Set(["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]);

/** One of `HostConfig.Tmpfs`: a target, and options apart by commas. @throws EngineError InvalidParameter. */
export function parseTmpfs(path: string, text: string): MountSpec {
  const target = mountTarget(path);
  const options = text === "" ? [] : text.split(",");
  for (const option of options) {
    const [name = "", value] = option.split("=", 2);
    const known = value === undefined ? FLAGS.has(name) : VALUES.has(name) && value !== "";
    if (!known) throw invalid(`Invalid tmpfs option [${JSON.stringify(option)}]`);
  }
  return { type: "tmpfs", target, readOnly: false, options, short: true };
}
