// The sum over all runners.

/** A stage's result: { name, passed, failed, skipped: [title] }. */
function totals(results) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results) {
    sum.passed += result.passed;
    sum.failed += result.failed;
    sum.skipped += result.skipped.length;
  }
  return sum;
}

function skippedLines(results) {
  return results.flatMap(({ name, skipped }) => skipped.map((title) => `skipped: ${name}: ${title}`));
}

/** Prints what was skipped, what failed and the totals. @returns the exit code. */
export function report(results, started) {
  const sum = totals(results);
  for (const line of skippedLines(results)) console.log(line);
  for (const result of results.filter((each) => each.failed > 0)) console.log(`failed: ${result.name}`);
  console.log(`${results.length} stages in ${Math.round((performance.now() - started) / 1000)} s`);
  console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}`);
  return sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}
