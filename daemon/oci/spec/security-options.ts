import { EngineError } from "../../base/errors.ts";

/** What `--security-opt` says. */
export interface SecurityOptions {
  /** undefined: the default profile; `unconfined`; or the text of a profile. */
  readonly seccomp?: string;
  /** undefined: the default profile. */
  readonly apparmor?: string;
  readonly noNewPrivileges: boolean;
  /** /proc and /sys as the kernel shows them: nothing masked, nothing read-only. */
  readonly systemPathsUnconfined: boolean;
  /** SELinux: `disable`, `type:…` and so on. */
  readonly labels: readonly string[];
}

/** @throws EngineError InvalidParameter for an option that is none, NotImplemented for one that Docker has and we have not. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const parsed = { noNewPrivileges: false, systemPathsUnconfined: false, labels: [] as string[] };
  const profiles: { seccomp?: string; apparmor?: string } = {};
  for (const option of options) {
    const [key, value] = splitOption(option);
    if (key === "no-new-privileges") parsed.noNewPrivileges = value === undefined || truth(option, value);
    else if (key === "writable-cgroups")
      throw new EngineError("NotImplemented", "security option writable-cgroups is not supported");
    else if (value === undefined) throw invalid(option);
    else if (key === "seccomp") profiles.seccomp = value === "builtin" || value === "" ? undefined : value;
    else if (key === "apparmor") profiles.apparmor = value === "" ? undefined : value;
    else if (key === "label") parsed.labels.push(value);
    else if (key === "systempaths" && value === "unconfined") parsed.systemPathsUnconfined = true;
    else throw invalid(option);
  }
  return { ...parsed, ...profiles };
}

/** `key=value`; `key:value` is the old form that compose files still carry. A JSON profile holds both signs. */
function splitOption(option: string): readonly [key: string, value: string | undefined] {
  const separator = /[=:]/.exec(option);
  return separator === null
    ? [option, undefined]
    : [option.slice(0, separator.index), option.slice(separator.index + 1)];
}

/** Go's strconv.ParseBool, which clients' spellings rely on. */
function truth(option: string, value: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw invalid(option);
}

function invalid(option: string): EngineError {
  return new EngineError("InvalidParameter", `invalid --security-opt: ${JSON.stringify(option.slice(0, 100))}`);
}
