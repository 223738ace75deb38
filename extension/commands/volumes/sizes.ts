import type { Engine } from "../../../sdk/index.ts";

/** Bytes that volumes take, by name, where the engine measures them. */
export async function volumeSizes(engine: Engine): Promise<ReadonlyMap<string, number>> {
  const { Volumes } = await engine.api.system.diskUsage({ type: ["volume"] });
  return new Map((Volumes ?? []).map(({ Name, UsageData }) => [Name, Math.max(0, UsageData?.Size ?? 0)]));
}
