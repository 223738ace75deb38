import { mkdir, stat } from "node:fs/promises";
import { EngineError, errnoOf } from "../../base/errors.ts";

/**
 * The source of a bind is there when this resolves: `-v` makes a missing one, `--mount` refuses it.
 * @throws EngineError InvalidParameter in Docker's words.
 */
export async function ensureBindSource(source: string, create: boolean): Promise<void> {
  try {
    await stat(source);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== "ENOENT") throw invalid(`stat ${source}: ${code ?? ""}`, error);
    if (!create) throw invalid(`bind source path does not exist: ${source}`, error);
    await make(source);
  }
}

async function make(source: string): Promise<void> {
  try {
    await mkdir(source, { recursive: true });
  } catch (error) {
    // Several containers may be made at once; what one of them made will do.
    if (errnoOf(error) === "EEXIST") return;
    throw new EngineError(
      "InvalidParameter",
      `error while creating mount source path '${source}': mkdir ${source}: ${errnoOf(error) ?? ""}`,
      { cause: error },
    );
  }
}

function invalid(message: string, cause: unknown): EngineError {
  return new EngineError("InvalidParameter", `invalid mount config for type "bind": ${message}`, { cause });
}
