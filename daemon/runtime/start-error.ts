import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, messageOf } from "../base/errors.ts";
import type { StartFailure } from "./runtime.ts";
import { ShimError } from "./shim-error.ts";

/** A process that could not be started. InvalidParameter where the command is at fault, Internal where the host is. */
export class StartError extends EngineError implements StartFailure {
  readonly exitCode: 125 | 126 | 127;

  constructor({ exitCode, message }: StartFailure, cause?: unknown) {
    super(exitCode === 125 ? "Internal" : "InvalidParameter", message, { cause });
    this.name = "StartError";
    this.exitCode = exitCode;
  }
}

/** runc's refusal in Docker's words, read from runc's own log in the task folder. */
export function containerStartError(error: unknown, folder: string, command: string): unknown {
  if (!(error instanceof ShimError)) return error;
  const said = lastError(join(folder, "runc.log"));
  const words =
    error.stage !== "runc" || said === undefined
      ? `${error.stage === "runc" ? "fork/exec runc" : error.stage}: ${error.reason || messageOf(error)}`
      : said.replace(/^runc run failed/, "runc create failed");
  const message = `failed to create task for container: failed to create shim task: OCI runtime create failed: ${words}`;
  return new StartError({ exitCode: exitCodeOf(words, command), message }, error);
}

/** 127: the command is not there; 126: it cannot be invoked; 125: anything else. */
function exitCodeOf(words: string, command: string): StartFailure["exitCode"] {
  if (/executable file not found/.test(words)) return 127;
  if (words.includes(command) && /no such file or directory/.test(words)) return 127;
  if (/not a directory$/.test(words)) return 127;
  if (/permission denied|is a directory|exec format error/.test(words)) return 126;
  return 125;
}

/** The last error in runc's log (`--log-format json`: one object a line). */
function lastError(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined; // runc did not get as far as its log
  }
  for (const line of text.trimEnd().split("\n").reverse()) {
    try {
      const entry = JSON.parse(line) as { readonly level?: string; readonly msg?: string };
      if (entry.level === "error" && typeof entry.msg === "string") return entry.msg;
    } catch {
      // A line that is no JSON says nothing.
    }
  }
  return undefined;
}

/** Why an exec did not start, in the words of `runc exec` as Docker passes them on. */
export function execStartError(
  error: unknown,
  process: { readonly args: readonly string[]; readonly cwd: string },
): unknown {
  if (!(error instanceof ShimError)) return error;
  if (error.stage === "request" && error.code === "ESRCH")
    return new EngineError("Conflict", "the container is not running", { cause: error });
  const [exitCode, words] = execFailure(error, process.args[0] ?? "", process.cwd);
  const message = `OCI runtime exec failed: exec failed: unable to start container process: ${words}`;
  return new StartError({ exitCode, message }, error);
}

function execFailure(error: ShimError, command: string, cwd: string): readonly [StartFailure["exitCode"], string] {
  const name = JSON.stringify(command);
  switch (error.stage) {
    case "lookup":
      return [127, `exec: ${name}: executable file not found in $PATH`];
    case "exec":
      if (error.code === "ENOENT") return [127, `exec: ${name}: stat ${command}: no such file or directory`];
      if (error.code === "ENOEXEC") return [126, `exec ${command}: exec format error`];
      return [126, `exec: ${name}: ${error.reason}`];
    case "cwd":
      return [
        error.code === "ENOENT" ? 127 : 126,
        `chdir to cwd (${JSON.stringify(cwd)}) set in config.json failed: ${error.reason}`,
      ];
    case "cwd-outside":
      return [
        126,
        "current working directory is outside of container mount namespace root -- possible container breakout detected",
      ];
    default:
      return [125, `${error.stage}: ${error.reason}`];
  }
}
