// The sum over all runners.

/** A stage's result: { name, passed, failed, skipped: [title] }. */
export function totals(results) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results) {
    sum.passed += result.passed;
    sum.failed += result.failed;
    sum.skipped += result.skipped.length;
  }
  return sum;
}

export function skippedLines(results) {
  return results.flatMap(({ name, skipped }) => skipped.map((title) => `skipped: ${name}: ${title}`));
}
