/**
 * Works on all items at once. The first failure cancels the others and is what is thrown, but only once all of them have
 * ended: nothing still writes when the caller cleans up.
 */
export async function together<T, R>(
  signal: AbortSignal,
  items: readonly T[],
  work: (item: T, at: number, signal: AbortSignal) => Promise<R>,
): Promise<readonly R[]> {
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const first: { error?: unknown; failed: boolean } = { failed: false };
  const settled = items.map(async (item, at) => {
    try {
      return await work(item, at, both);
    } catch (error) {
      if (!first.failed) Object.assign(first, { error, failed: true });
      own.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(settled);
  if (first.failed) throw first.error;
  return results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
