import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { EngineError } from "../../../daemon/base/errors.ts";
import { CAPABILITIES, DEFAULT_CAPABILITIES } from "../../../daemon/oci/capabilities.ts";
import { defaultSeccomp, resolveProfile, type SeccompFacts } from "../../../daemon/oci/seccomp.ts";

const facts: SeccompFacts = { capabilities: DEFAULT_CAPABILITIES, arch: "amd64", kernel: "6.1.0-13-amd64" };

/** Names that are allowed whatever their arguments. */
function allowed(about: Partial<SeccompFacts> = {}): ReadonlySet<string> {
  const { syscalls } = defaultSeccomp({ ...facts, ...about });
  return new Set(
    syscalls
      .filter(({ args, action }) => args === undefined && action === "SCMP_ACT_ALLOW")
      .flatMap(({ names }) => names),
  );
}

describe("defaultSeccomp", () => {
  it("refuses with EPERM and covers the ABIs of the machine", () => {
    const { defaultAction, defaultErrnoRet, architectures } = defaultSeccomp(facts);
    deepStrictEqual(
      { defaultAction, defaultErrnoRet, architectures },
      {
        defaultAction: "SCMP_ACT_ERRNO",
        defaultErrnoRet: 1,
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
      },
    );
    deepStrictEqual(defaultSeccomp({ ...facts, arch: "arm64" }).architectures, ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
  });

  it("leaves runc no condition to resolve", () => {
    const keys = new Set(defaultSeccomp(facts).syscalls.flatMap((rule) => Object.keys(rule)));
    deepStrictEqual(keys, new Set(["names", "action", "args", "errnoRet"]));
  });

  // prettier-ignore
  const cases: readonly (readonly [title: string, call: string, about: Partial<SeccompFacts>, expected: boolean])[] = [
    ["mount without SYS_ADMIN", "mount", {}, false],
    ["mount with it", "mount", { capabilities: ["CAP_SYS_ADMIN"] }, true],
    ["clone without SYS_ADMIN", "clone", {}, false],
    ["clone with it", "clone", { capabilities: ["CAP_SYS_ADMIN"] }, true],
    ["chroot by default", "chroot", {}, true],
    ["chroot without SYS_CHROOT", "chroot", { capabilities: [] }, false],
    ["ptrace since 4.8", "ptrace", {}, true],
    ["ptrace before 4.8", "ptrace", { kernel: "4.7.10" }, false],
    ["ptrace before 4.8 with SYS_PTRACE", "ptrace", { kernel: "4.7.10", capabilities: ["CAP_SYS_PTRACE"] }, true],
    ["keyctl at all", "keyctl", { capabilities: CAPABILITIES }, false],
    ["io_uring_setup at all", "io_uring_setup", { capabilities: CAPABILITIES }, false],
    ["arch_prctl on amd64", "arch_prctl", {}, true],
    ["arch_prctl on arm64", "arch_prctl", { arch: "arm64" }, false],
  ];
  for (const [title, call, about, expected] of cases) {
    it(`${expected ? "allows" : "does not allow"} ${title}`, () => strictEqual(allowed(about).has(call), expected));
  }
});

describe("resolveProfile", () => {
  it("resolves Docker's format for the container", () => {
    const profile = {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      archMap: [
        { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
        { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
      ],
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW", args: null, comment: "", includes: {}, excludes: {} },
        { name: "write", action: "SCMP_ACT_ALLOW" },
        { names: ["a"], action: "SCMP_ACT_ALLOW", includes: { arches: ["arm64"] } },
        { names: ["b"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_CHOWN", "CAP_BPF"] } },
        { names: ["c"], action: "SCMP_ACT_ALLOW", excludes: { caps: ["CAP_CHOWN"] } },
        { names: ["d"], action: "SCMP_ACT_ALLOW", includes: { minKernel: "6.2" } },
        { names: ["e"], action: "SCMP_ACT_ALLOW", excludes: { minKernel: "5.19" } },
        { names: ["f"], action: "SCMP_ACT_LOG", args: [{ index: 1, value: 2, op: "SCMP_CMP_NE" }] },
      ],
    };
    deepStrictEqual(resolveProfile(JSON.stringify(profile), facts), {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        { names: ["write"], action: "SCMP_ACT_ALLOW" },
        { names: ["f"], action: "SCMP_ACT_LOG", args: [{ index: 1, value: 2, valueTwo: 0, op: "SCMP_CMP_NE" }] },
      ],
    });
  });

  it("takes the runtime-spec's own format, and an empty one for none", () => {
    const plain = {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86"],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      syscalls: [],
    };
    deepStrictEqual(resolveProfile(JSON.stringify(plain), facts), plain);
    strictEqual(resolveProfile("{}", facts), undefined);
  });

  const rule = (change: object): string =>
    JSON.stringify({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["read"], action: "SCMP_ACT_ERRNO", ...change }],
    });
  const refused: readonly (readonly [title: string, text: string, message: RegExp])[] = [
    ["no JSON", "{", /^seccomp profile is not valid JSON/],
    ["no object", "[]", /^seccomp profile is not a JSON object/],
    ["an unknown action", rule({ action: "ALLOW" }), /unknown action "ALLOW"/],
    ["an unknown operator", rule({ args: [{ index: 0, value: 1, op: "EQ" }] }), /unknown operator "EQ"/],
    ["a seventh argument", rule({ args: [{ index: 6, value: 1, op: "SCMP_CMP_EQ" }] }), /no argument 6/],
    [
      "a value that JSON rounds",
      rule({ args: [{ index: 0, value: 2 ** 60, op: "SCMP_CMP_EQ" }] }),
      /value is not a count/,
    ],
    ["name and names", rule({ name: "read" }), /both 'name' and 'names'/],
    [
      "architectures and archMap",
      JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", architectures: ["a"], archMap: [{}] }),
      /use either/,
    ],
    ["a kernel that is none", rule({ includes: { minKernel: "new" } }), /minKernel new is not major.minor/],
  ];
  for (const [title, text, message] of refused) {
    it(`refuses ${title}`, () => {
      throws(
        () => resolveProfile(text, facts),
        (error: EngineError) => error.kind === "InvalidParameter" && message.test(error.message),
      );
    });
  }
});
