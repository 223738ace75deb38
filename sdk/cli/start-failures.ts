import { EXIT } from "./exit.ts";

const NOT_FOUND = /executable file not found|no such file or directory|system cannot find the file specified/;
const NOT_RUNNABLE = /permission denied|is a directory/;

/** The exit code of a `run` whose container did not start, from the engine's words, as docker's client reads them. */
export function startExitCode(error: unknown): number {
  const message = error instanceof Error ? error.message : "";
  if (NOT_FOUND.test(message)) return EXIT.notFound;
  return NOT_RUNNABLE.test(message) ? EXIT.notRunnable : EXIT.usage;
}
