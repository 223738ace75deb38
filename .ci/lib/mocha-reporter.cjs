// mocha's own `spec` on the screen, and the counts in the file that SLIPWAY_TEST_COUNTS names.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

/** A process that does not end by itself holds something open, and that is a leak. */
const LINGER_MS = 10_000;

/** On an emulated machine everything takes longer; a test's own limit says how long it takes on a real one. */
function stretchTimeouts(suite, slowness) {
  if (slowness === 1) return;
  suite.timeout(suite.timeout() * slowness);
  const hooks = [...suite._beforeAll, ...suite._beforeEach, ...suite._afterEach, ...suite._afterAll];
  for (const each of [...suite.tests, ...hooks]) each.timeout(each.timeout() * slowness);
  for (const inner of suite.suites) stretchTimeouts(inner, slowness);
}

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    stretchTimeouts(runner.suite, Number(process.env.SLIPWAY_TEST_SLOWNESS ?? 1));
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
