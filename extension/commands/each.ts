import { window } from "vscode";

/**
 * Does something to several objects side by side, with the wheel of the view turning. One that fails does not keep the others from being
 * done.
 * @param view id of the view that turns its wheel
 * @throws Error with every failure, or the only one as it is.
 */
export async function forEach<T>(
  view: string,
  items: readonly T[],
  nameOf: (item: T) => string,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  if (items.length === 0) return;
  const results = await window.withProgress({ location: { viewId: view } }, () => Promise.allSettled(items.map(act)));
  const failures = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ name: nameOf(items[index]!), error: result.reason as Error }] : [],
  );
  if (failures.length === 1) throw failures[0]!.error;
  if (failures.length > 1) throw new Error(failures.map(({ name, error }) => `${name}: ${error.message}`).join("\n"));
}
