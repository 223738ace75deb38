import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { capabilityMask } from "../../../daemon/runtime/capabilities.ts";
import { execFields } from "../../../daemon/runtime/exec-fields.ts";
import { encodeFrame, Frame } from "../../../daemon/runtime/frame.ts";
import { Flag, Kind, Phase, STAGES, Tag } from "../../../daemon/runtime/protocol.ts";
import { execOf } from "../../support/runtime.ts";
import { ROOT } from "../../support/source-tree.ts";

describe("capabilityMask", () => {
  it("sets a bit a name and leaves unknown names out", () => {
    strictEqual(capabilityMask(["CAP_CHOWN", "CAP_KILL", "CAP_CHECKPOINT_RESTORE", "CAP_NOPE"]), (1n << 40n) | 0x21n);
  });
});

describe("execFields", () => {
  const fieldsOf = (change: Parameters<typeof execOf>[0]): Frame =>
    new Frame(encodeFrame(Kind.exec, 1, execFields(execOf(change), ["/cg/cgroup.procs"])).subarray(4));

  it("stdin is open only where it is asked for and attached to; a terminal has one output", () => {
    const all = { stdin: true, stdout: true, stderr: true };
    const flags = (change: Parameters<typeof execOf>[0]): number => fieldsOf(change).u32(Tag.flags);
    strictEqual(flags({ stdin: true, attach: all }), Flag.stdin | Flag.stdout | Flag.stderr);
    strictEqual(flags({ stdin: false, attach: all }), Flag.stdout | Flag.stderr);
    strictEqual(flags({ attach: undefined }), 0);
    strictEqual(flags({ tty: true, attach: { ...all, stdout: false, stderr: false } }), Flag.tty | Flag.stdout);
    strictEqual(flags({ noNewPrivileges: true }), Flag.stdout | Flag.stderr | Flag.noNewPrivileges);
  });

  it("an unlimited limit is 2^64 - 1; an unknown one is refused", () => {
    const limit = (type: string): unknown => execFields(execOf({ rlimits: [{ type, soft: 1, hard: -1 }] }), []);
    throws(() => limit("RLIMIT_NOPE"), { kind: "InvalidParameter" });
    const field = (limit("RLIMIT_NOFILE") as [number, Buffer][]).find(([tag]) => tag === Tag.rlimit);
    strictEqual(field?.[1].toString("hex"), "07000000" + "0100000000000000" + "ffffffffffffffff");
  });
});

describe("protocol", () => {
  const header = readFileSync(join(ROOT, "daemon/shim/shim.h"), "utf8");
  const namesOf = (name: string): readonly string[] =>
    (new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? "").split(",").map((each) => each.trim());
  /** The C enum as names and numbers. */
  const enumOf = (name: string): Readonly<Record<string, number>> => {
    let next = 0;
    const entries = namesOf(name)
      .filter(Boolean)
      .map((each) => {
        const [key = "", value] = each.split(" = ");
        next = value === undefined ? next : Number(value);
        return [key, next++] as const;
      });
    return Object.fromEntries(entries);
  };
  const snake = (key: string): string => key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();
  const upper = (table: Readonly<Record<string, number>>, prefix: string): Readonly<Record<string, number>> =>
    Object.fromEntries(Object.entries(table).map(([key, value]) => [prefix + snake(key), value]));

  it("shim.h and protocol.ts have the same numbers", () => {
    deepStrictEqual(upper(Kind, ""), enumOf("kind"));
    deepStrictEqual(upper(Tag, "T_"), enumOf("tag"));
    deepStrictEqual(upper(Phase, ""), enumOf("phase"));
    const { noNewPrivileges, ...flags } = Flag;
    deepStrictEqual({ ...upper(flags, "F_"), F_NO_NEW_PRIVS: noNewPrivileges }, enumOf("flag"));
    strictEqual(STAGES.length, Object.keys(enumOf("stage")).length);
  });
});
