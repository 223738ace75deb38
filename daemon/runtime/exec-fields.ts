import { EngineError } from "../base/errors.ts";
import { capabilityMask } from "./capabilities.ts";
import { size, text, u32, u64, type Field } from "./frame.ts";
import { Flag, Tag } from "./protocol.ts";
import { rlimitNumber } from "./rlimits.ts";
import type { AttachOptions, ExecProcess } from "./runtime.ts";

/** The streams of an attach, as flags. */
export function streamFlags({ stdin, stdout, stderr }: AttachOptions): number {
  return (stdin ? Flag.stdin : 0) | (stdout ? Flag.stdout : 0) | (stderr ? Flag.stderr : 0);
}

/**
 * An exec as the shim takes it.
 * @param cgroups the files that it joins by, see Cgroup.joinFiles.
 * @throws EngineError InvalidParameter for a limit that the kernel does not know.
 */
export function execFields(process: ExecProcess, cgroups: readonly string[]): readonly Field[] {
  return [
    text(Tag.id, process.id),
    u32(Tag.flags, execFlags(process)),
    ...process.args.map((arg) => text(Tag.arg, arg)),
    ...process.env.map((entry) => text(Tag.env, entry)),
    text(Tag.cwd, process.cwd === "" ? "/" : process.cwd),
    u32(Tag.uid, process.uid),
    u32(Tag.gid, process.gid),
    ...process.additionalGids.map((gid) => u32(Tag.group, gid)),
    u64(Tag.caps, capabilityMask(process.capabilities)),
    ...cgroups.map((path) => text(Tag.cgroup, path)),
    ...confinement(process),
    ...(process.rlimits ?? []).map(rlimit),
    ...(process.oomScoreAdj === undefined ? [] : [u32(Tag.oomScore, process.oomScoreAdj)]),
    ...(process.consoleSize === undefined ? [] : [size(Tag.size, process.consoleSize)]),
  ];
}

/** A terminal carries all of its output on one stream. What is not attached to is /dev/null. */
function execFlags({ tty, stdin, noNewPrivileges, attach }: ExecProcess): number {
  const streams = attach === undefined ? 0 : streamFlags(attach);
  const wanted = stdin ? streams : streams & ~Flag.stdin;
  return wanted | (tty ? Flag.tty | Flag.stdout : 0) | (noNewPrivileges ? Flag.noNewPrivileges : 0);
}

function confinement({ apparmorProfile = "", seccompFilter }: ExecProcess): readonly Field[] {
  return [
    ...(apparmorProfile === "" ? [] : [text(Tag.apparmor, apparmorProfile)]),
    ...(seccompFilter === undefined ? [] : [[Tag.seccomp, Buffer.from(seccompFilter)] as const]),
  ];
}

/** u32 resource, u64 soft, u64 hard. -1 is no limit. */
function rlimit({ type, soft, hard }: { readonly type: string; readonly soft: number; readonly hard: number }): Field {
  const number = rlimitNumber(type);
  if (number === undefined) throw new EngineError("InvalidParameter", `invalid rlimit type: ${type}`);
  const [, resource] = u32(Tag.rlimit, number);
  const limits = [soft, hard].map((limit) => u64(Tag.rlimit, BigInt(limit))[1]);
  return [Tag.rlimit, Buffer.concat([resource, ...limits])];
}
