import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SeccompCache } from "../../daemon/linux/seccomp/cache.ts";
import { loadSeccompLibrary } from "../../daemon/linux/seccomp/library.ts";
import { CAPABILITIES, DEFAULT_CAPABILITIES } from "../../daemon/oci/capabilities.ts";
import { defaultSeccomp } from "../../daemon/oci/seccomp.ts";
import type { OciSeccomp } from "../../daemon/oci/runtime-spec.ts";
import type { SpecFacts } from "../../daemon/oci/spec/input.ts";
import { output } from "../support/process.ts";
import { filterOf, runFilter, type SystemCall } from "./bpf.ts";
import { Bundle, specInput } from "./bundle.ts";
import { hostSpecFacts } from "./facts.ts";

const X86_64 = 0xc000_003e;
const I386 = 0x4000_0003;
const AARCH64 = 0xc000_00b7;
const X32 = 0x4000_0000;

/** Values around every constant that a rule of the default profile compares with. */
const ARGUMENTS: readonly (readonly bigint[])[] = [
  0n,
  1n,
  8n,
  16n,
  37n,
  38n,
  39n,
  40n,
  41n,
  0x20000n,
  0x20008n,
  0x1000_0000n,
  0x0200_0000n,
  0x7e02_0000n,
  0xffff_ffffn,
  0x1_0000_0026n,
  0x1_0000_0000n,
  0xffff_ffff_ffff_ffffn,
].flatMap((value) => [[value], [0n, value]]);

/** Every number of every ABI with no arguments, and with all of ARGUMENTS where the program looks at any. */
function* calls(): Generator<SystemCall> {
  for (const arch of [X86_64, I386, AARCH64]) {
    for (const base of [0, X32]) {
      for (let nr = 0; nr < 700; nr++) {
        yield { arch, nr: base + nr };
        for (const args of ARGUMENTS) yield { arch, nr: base + nr, args };
      }
    }
    for (const nr of [0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) yield { arch, nr };
  }
}

function differences(a: Uint8Array, b: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (const call of calls()) {
    const [ours, theirs] = [runFilter(a, call), runFilter(b, call)];
    if (ours !== theirs)
      found.push(
        `${call.arch.toString(16)} ${call.nr} ${call.args?.join() ?? ""}: ${ours.toString(16)}, not ${theirs.toString(16)}`,
      );
    if (found.length > 10) break;
  }
  return found;
}

/** The filter of a container's init, as runc made it from the profile. */
async function filterOfContainer(facts: SpecFacts, seccomp: OciSeccomp): Promise<Uint8Array> {
  using bundle = new Bundle();
  const text = JSON.stringify(seccomp);
  const input = specInput(facts, {}, { securityOpt: [`seccomp=${text}`], capAdd: ["ALL"] });
  bundle.write({ ...input, process: { ...input.process, args: ["sleep", "1000"] } });
  const pidFile = join(bundle.path, "pid");
  // A detached container keeps what stdio it is given: not the pipes of this process.
  const command = `exec runc --root "$0" run --detach --pid-file "$1" --bundle "$2" "$3" </dev/null >/dev/null 2>&1`;
  await output("sh", ["-c", command, bundle.global[1] ?? "", pidFile, bundle.path, input.id]);
  try {
    return filterOf(Number(readFileSync(pidFile, "utf8")));
  } finally {
    await output("runc", [...bundle.global, "delete", "--force", input.id]);
  }
}

describe("compileSeccomp", function () {
  this.timeout(30_000);
  const kernel = "6.1.0";
  const arch = "amd64";
  const cache = new SeccompCache({ library: loadSeccompLibrary() });
  let facts: SpecFacts;

  before(async function () {
    if (process.arch !== "x64") return this.skip();
    facts = await hostSpecFacts();
  });

  const allow = (names: readonly string[]): OciSeccomp["syscalls"][number] => ({ names, action: "SCMP_ACT_ALLOW" });
  const needed = defaultSeccomp({ capabilities: [], arch, kernel }).syscalls;
  const profiles: readonly (readonly [title: string, profile: OciSeccomp])[] = [
    ["the default profile", defaultSeccomp({ capabilities: DEFAULT_CAPABILITIES, arch, kernel })],
    ["the default profile with every capability", defaultSeccomp({ capabilities: CAPABILITIES, arch, kernel })],
    [
      "a profile of x86_64 alone with an error of its own",
      {
        defaultAction: "SCMP_ACT_ERRNO",
        defaultErrnoRet: 13,
        architectures: ["SCMP_ARCH_X86_64"],
        syscalls: [...needed, allow(["chroot", "no_such_call"])],
      },
    ],
    [
      "a profile that allows by default",
      {
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        syscalls: [
          { names: ["mkdir", "socket"], action: "SCMP_ACT_ERRNO", errnoRet: 5 },
          {
            names: ["personality"],
            action: "SCMP_ACT_TRAP",
            args: [
              { index: 0, value: 8, op: "SCMP_CMP_EQ" },
              { index: 0, value: 38, op: "SCMP_CMP_GE" },
            ],
          },
          { names: ["swapon"], action: "SCMP_ACT_KILL_PROCESS" },
        ],
      },
    ],
    ["a profile without architectures", { defaultAction: "SCMP_ACT_ERRNO", syscalls: needed }],
  ];
  for (const [title, profile] of profiles) {
    it(`decides every call as the filter does that runc makes of ${title}`, async () => {
      const [ours, theirs] = await Promise.all([cache.get(profile), filterOfContainer(facts, profile)]);
      deepStrictEqual(differences(ours ?? new Uint8Array(), theirs), []);
    });
  }

  it("refuses new namespaces, AF_ALG, AF_VSOCK, keyctl and unknown calls in the default profile", async () => {
    const program = await cache.get(defaultSeccomp({ capabilities: DEFAULT_CAPABILITIES, arch, kernel }));
    const decide = (nr: number, ...args: bigint[]): number =>
      runFilter(program ?? new Uint8Array(), { arch: X86_64, nr, args });
    const [eperm, enosys, allowed] = [0x0005_0001, 0x0005_0026, 0x7fff_0000];
    deepStrictEqual(
      {
        cloneNewUser: decide(56, 0x1000_0000n),
        clone: decide(56, 17n),
        clone3: decide(435),
        alg: decide(41, 38n),
        netlinkCrypto: decide(41, 39n),
        vsock: decide(41, 40n),
        inet: decide(41, 2n),
        keyctl: decide(250),
        mount: decide(165),
        unknown: decide(600),
        i386Keyctl: runFilter(program ?? new Uint8Array(), { arch: I386, nr: 288 }),
        otherMachine: runFilter(program ?? new Uint8Array(), { arch: AARCH64, nr: 0 }),
      },
      {
        cloneNewUser: eperm,
        clone: allowed,
        clone3: enosys,
        alg: eperm,
        netlinkCrypto: allowed,
        vsock: eperm,
        inet: allowed,
        keyctl: eperm,
        mount: eperm,
        unknown: enosys,
        i386Keyctl: eperm,
        otherMachine: 0,
      },
    );
  });

  it("has no answer for a profile that needs a listener, or without libseccomp", async () => {
    const profile: OciSeccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }],
    };
    strictEqual(await cache.get(profile), undefined);
    const plain = defaultSeccomp({ capabilities: [], arch, kernel });
    strictEqual(await new SeccompCache({ library: undefined }).get(plain), undefined);
  });
});
