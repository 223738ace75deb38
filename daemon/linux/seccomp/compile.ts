import { closeSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { EngineError } from "../../base/errors.ts";
import { check, libc } from "../libc.ts";
import { AUDIT_ARCH_X86_64, enosysPrefix, type LastCalls } from "./enosys-prefix.ts";
import type { SeccompLibrary } from "./library.ts";
import type { SeccompCall, SeccompProfile } from "./profile.ts";

const memfdCreate = libc.func("int memfd_create(const char *name, unsigned int flags)") as (
  name: string,
  flags: number,
) => number;
const MFD_CLOEXEC = 1;

const EPERM = 1;
const EEXIST = 17;
/** seccomp.h: SCMP_FLTATR_CTL_OPTIMIZE, and its value for a binary tree. runc asks for it above 32 rules. */
const ATTR_OPTIMIZE = 8;
const BINARY_TREE = 2;
const TREE_ABOVE = 32;
const ARCH_X32 = 0x4000_003e;
/** Rules added in one go: 6 to 20 µs each, so that nothing else waits for a millisecond. */
const SLICE = 16;

/**
 * The BPF program that runc makes of a profile, as an array of `struct sock_filter`: a process that is added to a container
 * gets the filter that the container's init has.
 * @returns undefined when it has actions that only runc can serve (SCMP_ACT_NOTIFY needs a listener).
 * @throws EngineError InvalidParameter for what libseccomp refuses.
 */
export async function compileSeccomp(
  library: SeccompLibrary,
  profile: SeccompProfile,
): Promise<Uint8Array | undefined> {
  const defaultAction = actionOf(profile.defaultAction, profile.defaultErrnoRet);
  const actions = profile.syscalls.map(({ action, errnoRet }) => actionOf(action, errnoRet));
  if (defaultAction === undefined || actions.includes(undefined)) return undefined;
  const context = library.init(defaultAction);
  if (context === null) throw new EngineError("InvalidParameter", `seccomp action ${profile.defaultAction} is refused`);
  try {
    const archs = (profile.architectures ?? []).map((name) => resolveArch(library, name));
    for (const arch of archs) must(library.archAdd(context, arch), "seccomp_arch_add");
    await addRules(library, context, profile.syscalls, defaultAction);
    const program = await exportProgram(library, context);
    if (isPermissive(profile.defaultAction)) return program;
    return Buffer.concat([enosysPrefix(await lastCalls(library, profile, archs)), program]);
  } finally {
    library.release(context);
  }
}

/** SECCOMP_RET_* (linux/seccomp.h), with the error in the lower half; undefined for what is not served here. */
function actionOf(action: string, errno = EPERM): number | undefined {
  switch (action) {
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_THREAD":
      return 0;
    case "SCMP_ACT_KILL_PROCESS":
      return 0x8000_0000;
    case "SCMP_ACT_TRAP":
      return 0x0003_0000;
    case "SCMP_ACT_ERRNO":
      return 0x0005_0000 + (errno & 0xffff);
    case "SCMP_ACT_TRACE":
      return 0x7ff0_0000 + (errno & 0xffff);
    case "SCMP_ACT_LOG":
      return 0x7ffc_0000;
    case "SCMP_ACT_ALLOW":
      return 0x7fff_0000;
    default:
      return undefined;
  }
}

/** A tracer or a log sees unknown calls by itself. */
function isPermissive(action: string): boolean {
  return action === "SCMP_ACT_ALLOW" || action === "SCMP_ACT_LOG" || action === "SCMP_ACT_TRACE";
}

function resolveArch(library: SeccompLibrary, name: string): number {
  const arch = library.archResolve(name.replace(/^SCMP_ARCH_/, "").toLowerCase());
  if (arch === 0) throw new EngineError("InvalidParameter", `unknown seccomp architecture ${JSON.stringify(name)}`);
  return arch;
}

/** EEXIST: the machine's own architecture is in from the start, and a rule may be there twice. */
function must(result: number, call: string): void {
  if (result < 0 && result !== -EEXIST)
    throw new EngineError("InvalidParameter", `seccomp profile is refused by ${call}: error ${-result}`);
}

async function addRules(
  library: SeccompLibrary,
  context: unknown,
  rules: readonly SeccompCall[],
  defaultAction: number,
): Promise<void> {
  // One rule a name, as runc counts them.
  const named = rules.flatMap((rule) => rule.names.map((name) => ({ rule, name })));
  if (named.length > TREE_ABOVE) library.attrSet(context, ATTR_OPTIMIZE, BINARY_TREE);
  for (const [index, { rule, name }] of named.entries()) {
    if (index > 0 && index % SLICE === 0) await setImmediate();
    const action = actionOf(rule.action, rule.errnoRet);
    const call = library.resolve(name);
    // libseccomp refuses a rule that says what the default says; a name it does not know is of another kernel.
    if (action === undefined || action === defaultAction || call === -1) continue;
    for (const conditions of conditionsOf(rule)) {
      const count = conditions.byteLength / CONDITION_BYTES;
      must(library.ruleAdd(context, action, call, count, conditions), `seccomp_rule_add of ${name}`);
    }
  }
}

/** enum scmp_compare. */
const OPERATORS: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};
/** sizeof(struct scmp_arg_cmp): unsigned int, enum, two 64-bit values. */
const CONDITION_BYTES = 24;

/** One array of conditions, all to hold; or one each, any to hold, where an argument is asked about twice. */
function conditionsOf({ args = [] }: SeccompCall): readonly Uint8Array[] {
  const encoded = args.map(({ index, value, valueTwo = 0, op }) => {
    const bytes = Buffer.alloc(CONDITION_BYTES);
    new Uint32Array(bytes.buffer, bytes.byteOffset, 2).set([index, OPERATORS[op] ?? 0]);
    new BigUint64Array(bytes.buffer, bytes.byteOffset + 8, 2).set([BigInt(value), BigInt(valueTwo)]);
    return bytes;
  });
  const isRepeated = new Set(args.map(({ index }) => index)).size < args.length;
  return isRepeated ? encoded : [Buffer.concat(encoded)];
}

async function exportProgram(library: SeccompLibrary, context: unknown): Promise<Buffer> {
  const fd = check("memfd_create", memfdCreate("seccomp", MFD_CLOEXEC));
  try {
    must(await library.exportBpf(context, fd), "seccomp_export_bpf");
    // By path, for its own offset: the descriptor's is at the end.
    return readFileSync(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

/** For each value of seccomp_data.arch that the profile covers, the highest numbers that it names. */
async function lastCalls(
  library: SeccompLibrary,
  profile: SeccompProfile,
  archs: readonly number[],
): Promise<readonly LastCalls[]> {
  const names = [...new Set(profile.syscalls.flatMap((rule) => rule.names))];
  const byArch = new Map<number, { arch: number; last?: number; lastX32?: number; zeroIsUnknown?: boolean }>();
  for (const arch of archs) {
    await setImmediate();
    const last = names.reduce((max, name) => Math.max(max, library.resolveOn(arch, name)), 0);
    if (last === 0) continue;
    const key = arch === ARCH_X32 ? AUDIT_ARCH_X86_64 : arch;
    const known = byArch.get(key) ?? { arch: key };
    byArch.set(key, arch === ARCH_X32 ? { ...known, lastX32: last } : { ...known, last });
  }
  const s390 = ["s390", "s390x"].map((name) => library.archResolve(name));
  return [...byArch.values()].map((each) => (s390.includes(each.arch) ? { ...each, zeroIsUnknown: true } : each));
}
