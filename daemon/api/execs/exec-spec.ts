import type { ExecCreateBody } from "../../../sdk/contract/index.ts";
import type { ExecSpec } from "../../engine/services.ts";
import { checkVariable } from "../containers/spec/container-spec.ts";
import { consoleSizeOf } from "../containers/spec/host-spec.ts";
import { wordsOf } from "../containers/spec/words.ts";

/** The body of `POST /containers/{id}/exec` in the engine's words. @throws EngineError InvalidParameter. */
export function parseExecBody(body: ExecCreateBody): ExecSpec {
  const tty = body.Tty ?? false;
  return {
    cmd: wordsOf(body.Cmd) ?? [],
    env: (body.Env ?? []).map(checkVariable),
    user: body.User ?? "",
    workingDir: body.WorkingDir ?? "",
    tty,
    privileged: body.Privileged ?? false,
    attachStdin: body.AttachStdin ?? false,
    attachStdout: body.AttachStdout ?? false,
    attachStderr: body.AttachStderr ?? false,
    detachKeys: body.DetachKeys || undefined,
    consoleSize: tty ? consoleSizeOf(body.ConsoleSize) : undefined,
  };
}
