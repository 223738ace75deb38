/** Runs what was declared with mocha in this extension host, and writes the results where the runner looks for them. */
import Mocha from "mocha";
import { writeFileSync } from "node:fs";

export function runSuite(declare: () => void): () => Promise<void> {
  return async () => {
    const mocha = new Mocha({ ui: "bdd", timeout: 60_000, color: false });
    const tests: { title: string; duration: number; error: string | undefined }[] = [];
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
    const results = process.env["SLIPWAY_HOST_RESULTS"];
    if (results === undefined) throw new Error("SLIPWAY_HOST_RESULTS is not set");
    writeFileSync(results, JSON.stringify(tests));
  };
}
