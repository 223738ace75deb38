import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFrame, Frame, u32 } from "../../../daemon/runtime/frame.ts";
import { Kind, STAGES, Tag, type Stage } from "../../../daemon/runtime/protocol.ts";
import { ShimError } from "../../../daemon/runtime/shim-error.ts";
import { containerStartError, execStartError, StartError } from "../../../daemon/runtime/start-error.ts";

function refusal(stage: Stage, errno: keyof typeof constants.errno | "", code = 0): ShimError {
  const fields = [
    u32(Tag.errno, errno === "" ? 0 : constants.errno[errno]),
    u32(Tag.stage, STAGES.indexOf(stage) + 1),
    u32(Tag.code, code),
  ];
  return new ShimError(new Frame(encodeFrame(Kind.error, 1, fields).subarray(4)));
}

describe("execStartError", () => {
  const prefix = "OCI runtime exec failed: exec failed: unable to start container process: ";
  const table: readonly [ShimError, number, string][] = [
    [refusal("lookup", "ENOENT"), 127, 'exec: "cmd": executable file not found in $PATH'],
    [refusal("exec", "ENOENT"), 127, 'exec: "cmd": stat cmd: no such file or directory'],
    [refusal("exec", "EACCES"), 126, 'exec: "cmd": permission denied'],
    [refusal("exec", "ENOEXEC"), 126, "exec cmd: exec format error"],
    [refusal("cwd", "ENOENT"), 127, 'chdir to cwd ("/w") set in config.json failed: no such file or directory'],
    [refusal("seccomp", "EINVAL"), 125, "seccomp: invalid argument"],
  ];
  for (const [error, exitCode, words] of table)
    it(`${error.stage} ${error.code}: ${exitCode}`, () => {
      const found = execStartError(error, { args: ["cmd"], cwd: "/w" }) as StartError;
      ok(found instanceof StartError);
      deepStrictEqual(
        { exitCode: found.exitCode, kind: found.kind, message: found.message },
        {
          exitCode,
          kind: exitCode === 125 ? "Internal" : "InvalidParameter",
          message: `${prefix}${words}`,
        },
      );
    });

  it("a container that is over is a conflict; what is no refusal passes through", () => {
    const found = execStartError(refusal("request", "ESRCH"), { args: [], cwd: "" }) as StartError;
    strictEqual(found.kind, "Conflict");
    const other = new Error("other");
    strictEqual(execStartError(other, { args: [], cwd: "" }), other);
  });
});

describe("containerStartError", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "slipway-start-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const said = (msg: string): void =>
    writeFileSync(
      join(folder, "runc.log"),
      `{"level":"warning","msg":"noise"}\nno json\n${JSON.stringify({ level: "error", msg })}\n`,
    );
  const table: readonly [msg: string, exitCode: number][] = [
    ['runc run failed: unable to start container process: exec: "cmd": executable file not found in $PATH', 127],
    ['runc run failed: unable to start container process: exec: "cmd": stat cmd: no such file or directory', 127],
    ['runc run failed: unable to start container process: exec: "cmd": permission denied', 126],
    ["runc run failed: unable to start container process: exec cmd: exec format error", 126],
    ["runc run failed: unable to start container process: error mounting /a to /b: no such file or directory", 125],
  ];
  for (const [msg, exitCode] of table)
    it(`${exitCode}: ${msg}`, () => {
      said(msg);
      const found = containerStartError(refusal("runc", "", 1), folder, "cmd") as StartError;
      strictEqual(found.exitCode, exitCode);
      strictEqual(
        found.message,
        "failed to create task for container: failed to create shim task: OCI runtime create failed: " +
          msg.replace("runc run", "runc create"),
      );
    });

  it("runc that left no word, or cannot be executed, is the host's fault", () => {
    for (const error of [refusal("runc", "", 1), refusal("runc", "ENOENT"), refusal("stdio", "ENOSPC")])
      strictEqual((containerStartError(error, folder, "cmd") as StartError).exitCode, 125);
  });
});
