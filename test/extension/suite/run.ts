/** Runs what was declared with mocha in this extension host, and writes the results where the runner looks for them. */
import Mocha from "mocha";
import { writeFileSync } from "node:fs";

export interface Measured {
  readonly title: string;
  readonly duration: number;
  readonly error: string | undefined;
}

export function writeResults(results: readonly Measured[]): void {
  const path = process.env["SLIPWAY_HOST_RESULTS"];
  if (path === undefined) throw new Error("SLIPWAY_HOST_RESULTS is not set");
  writeFileSync(path, JSON.stringify(results));
}

export function runSuite(declare: () => void): () => Promise<void> {
  return async () => {
    const mocha = new Mocha({ ui: "bdd", timeout: 60_000, color: false });
    const tests: Measured[] = [];
    mocha.suite.emit("pre-require", globalThis as unknown as Mocha.MochaGlobals, "", mocha);
    declare();
    await new Promise<void>((resolve) => {
      const runner = mocha.run(() => resolve());
      runner.on("pass", (test) =>
        tests.push({ title: test.fullTitle(), duration: test.duration ?? 0, error: undefined }),
      );
      runner.on("fail", (test, error: Error) =>
        tests.push({ title: test.fullTitle(), duration: test.duration ?? 0, error: error.stack ?? error.message }),
      );
    });
    writeResults(tests);
  };
}
