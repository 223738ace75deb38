import { EngineError } from "../../base/errors.ts";
import { JsonReader, parseJsonObject } from "../json.ts";
import type { OciSeccomp } from "../runtime-spec.ts";
import { selectRules, type RuleCondition, type SeccompFacts, type SeccompRule } from "./rule.ts";

/** Bytes; a profile travels inside an API request. */
const PROFILE_LIMIT = 1024 * 1024;
const LIST_MAX = 16_384;
const WHAT = "seccomp profile";

/** `archMap` keys are libseccomp's names of these. */
const NATIVE: Readonly<Record<string, string>> = {
  amd64: "SCMP_ARCH_X86_64",
  "386": "SCMP_ARCH_X86",
  arm64: "SCMP_ARCH_AARCH64",
  arm: "SCMP_ARCH_ARM",
  mips64: "SCMP_ARCH_MIPS64",
  mipsel64: "SCMP_ARCH_MIPSEL64",
  ppc64le: "SCMP_ARCH_PPC64LE",
  riscv64: "SCMP_ARCH_RISCV64",
  s390x: "SCMP_ARCH_S390X",
  loong64: "SCMP_ARCH_LOONGARCH64",
};

/**
 * A user's profile, in Docker's format or the runtime-spec's own, for one container: conditions are resolved, names of
 * architectures become those that this machine runs.
 * @returns undefined for an empty profile, which confines nothing.
 * @throws EngineError InvalidParameter when it is no such profile.
 */
export function resolveProfile(text: string, facts: SeccompFacts): OciSeccomp | undefined {
  const json = new JsonReader(parseJsonObject(Buffer.from(text), PROFILE_LIMIT, WHAT), WHAT);
  const rules = (json.objects("syscalls", LIST_MAX) ?? []).map(readRule);
  const defaultAction = json.string("defaultAction") ?? "";
  if (defaultAction === "" && rules.length === 0) return undefined;
  return present({
    defaultAction: checkAction(defaultAction),
    defaultErrnoRet: json.count("defaultErrnoRet"),
    architectures: readArchitectures(json, facts.arch),
    flags: json.strings("flags", LIST_MAX),
    syscalls: selectRules(rules, facts),
  });
}

function readArchitectures(json: JsonReader, arch: string): readonly string[] | undefined {
  const plain = json.strings("architectures", LIST_MAX) ?? [];
  const map = json.objects("archMap", LIST_MAX) ?? [];
  if (plain.length > 0 && map.length > 0)
    throw invalid("both 'architectures' and 'archMap' were specified, use either of them");
  if (plain.length > 0) return plain;
  const native = map.find((each) => each.string("architecture") === NATIVE[arch]);
  return native && [NATIVE[arch] ?? "", ...(native.strings("subArchitectures", LIST_MAX) ?? [])];
}

function readRule(json: JsonReader): SeccompRule {
  const name = json.string("name") ?? "";
  const names = json.strings("names", LIST_MAX) ?? [];
  if (name !== "" && names.length > 0) throw invalid("both 'name' and 'names' were specified, use either of them");
  const args = (json.objects("args", LIST_MAX) ?? []).map(readArgument);
  return present({
    names: name === "" ? names : [name],
    action: checkAction(json.string("action") ?? ""),
    errnoRet: json.count("errnoRet"),
    args: args.length === 0 ? undefined : args,
    includes: readCondition(json.object("includes")),
    excludes: readCondition(json.object("excludes")),
  });
}

function readArgument(json: JsonReader): NonNullable<SeccompRule["args"]>[number] {
  const op = json.string("op") ?? "";
  if (!/^SCMP_CMP_(?:NE|LT|LE|EQ|GE|GT|MASKED_EQ)$/.test(op)) throw invalid(`unknown operator ${JSON.stringify(op)}`);
  const index = json.count("index") ?? 0;
  if (index > 5) throw invalid(`a system call has no argument ${index}`);
  // What JSON.parse has rounded would compare with another value than was meant, so counts are safe integers only.
  return { index, value: json.count("value") ?? 0, valueTwo: json.count("valueTwo") ?? 0, op };
}

function readCondition(json: JsonReader | undefined): RuleCondition | undefined {
  if (json === undefined) return undefined;
  const minKernel = json.string("minKernel");
  if (minKernel !== undefined && !/^\d+\.\d+$/.test(minKernel))
    throw invalid(`minKernel ${minKernel} is not major.minor`);
  return present({ caps: json.strings("caps", LIST_MAX), arches: json.strings("arches", LIST_MAX), minKernel });
}

const ACTION = /^SCMP_ACT_(?:KILL|KILL_PROCESS|KILL_THREAD|TRAP|ERRNO|TRACE|ALLOW|LOG)$/;

function checkAction(action: string): string {
  if (action === "SCMP_ACT_NOTIFY")
    throw new EngineError("NotImplemented", "seccomp action SCMP_ACT_NOTIFY is not supported");
  if (!ACTION.test(action)) throw invalid(`unknown action ${JSON.stringify(action)}`);
  return action;
}

function invalid(reason: string): EngineError {
  return new EngineError("InvalidParameter", `${WHAT}: ${reason}`);
}

/** Without the members that are undefined. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
