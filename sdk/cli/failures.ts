import { EngineUnavailable, SlipwayError } from "../transport/errors.ts";
import { CommandFailure } from "./exit.ts";

/** A failure of anything below the command, in docker's words, which scripts match on. */
export function explain(error: unknown, exitCode?: number): CommandFailure {
  return new CommandFailure(failureText(error), exitCode, { cause: error });
}

export function failureText(error: unknown): string {
  if (error instanceof EngineUnavailable) return unavailableText(error);
  if (error instanceof SlipwayError && error.statusCode !== undefined)
    return `Error response from daemon: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** docker's sentence for the address that counts, and why it and the others did not answer. */
function unavailableText(error: EngineUnavailable): string {
  const host = error.attempts[0]?.host ?? "its socket";
  const reasons = error.attempts.map(
    ({ host: tried, source, error: cause }) => `  ${tried} (${source}): ${cause.message}`,
  );
  return `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?\n${reasons.join("\n")}`;
}
