// mocha's own `spec` on the screen, and the counts in the file that SLIPWAY_TEST_COUNTS names.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

/** A process that does not end by itself holds something open, and that is a leak. */
const LINGER_MS = 10_000;

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const counts = { passed: 0, failed: 0, skipped: [] };
    runner.on(Runner.constants.EVENT_TEST_PASS, () => counts.passed++);
    runner.on(Runner.constants.EVENT_TEST_FAIL, () => counts.failed++);
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => counts.skipped.push(test.fullTitle()));
    runner.on(Runner.constants.EVENT_RUN_END, () => {
      if (process.env.SLIPWAY_TEST_COUNTS) writeFileSync(process.env.SLIPWAY_TEST_COUNTS, JSON.stringify(counts));
      setTimeout(() => {
        console.error(`the tests are over, and these are still open: ${process.getActiveResourcesInfo().join(", ")}`);
        process.exit(99);
      }, LINGER_MS).unref();
    });
  }
};
