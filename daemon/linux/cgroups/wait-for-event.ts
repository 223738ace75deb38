import { watch } from "node:fs";
import { join } from "node:path";
import type { CgroupFiles } from "./files.ts";

/**
 * Resolves once cgroup.events has the line, or is gone (cgroup-v2.rst): the kernel makes it known by a modification of the
 * file. @throws the reason why it waits no longer: `signal`'s, or a TimeoutError after `timeoutMs`.
 */
export async function waitForEvent(
  files: CgroupFiles,
  line: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const reached = (): boolean => {
    const events = files.read("cgroup.events");
    return events === undefined || events.split("\n").includes(line);
  };
  if (reached()) return;
  const limit = AbortSignal.timeout(timeoutMs);
  const any = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(any.reason as Error);
  const events = watch(join(files.path, "cgroup.events"), () => {
    if (reached()) resolve();
  });
  events.on("error", reject);
  any.addEventListener("abort", onAbort, { once: true });
  try {
    any.throwIfAborted();
    // It may have changed between the first look and the watch.
    if (!reached()) await promise;
  } finally {
    any.removeEventListener("abort", onAbort);
    events.close();
  }
}
