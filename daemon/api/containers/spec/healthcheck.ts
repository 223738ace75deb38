import type { HealthConfig } from "../../../../sdk/contract/index.ts";
import type { Healthcheck } from "../../../engine/model/health.ts";
import { invalid } from "./invalid.ts";

const KINDS = ["CMD", "CMD-SHELL", "NONE"];
const SHORTEST_NS = 1e6;

/** Undefined where nothing is said. @throws EngineError InvalidParameter in Docker's words. */
export function parseHealthcheck(config: HealthConfig | undefined): Healthcheck | undefined {
  if (config === undefined) return undefined;
  const { Interval, Timeout, StartPeriod, StartInterval } = config;
  for (const [name, value] of Object.entries({ Interval, Timeout, StartPeriod, StartInterval }))
    if (value && value < SHORTEST_NS) throw invalid(`${name} in Healthcheck cannot be less than 1ms`);
  const retries = config.Retries ?? 0;
  if (retries < 0) throw invalid("Retries in Healthcheck cannot be negative");
  const test = config.Test ?? [];
  const [kind, ...words] = test;
  if (kind !== undefined && !KINDS.includes(kind))
    throw invalid(`Unknown type ${JSON.stringify(kind)} in Healthcheck (try CMD)`);
  if (kind !== undefined && kind !== "NONE" && words.length === 0)
    throw invalid(`Missing command after Healthcheck ${kind}`);
  const times = [Interval, Timeout, StartPeriod, StartInterval, retries];
  if (test.length === 0 && !times.some(Boolean)) return undefined;
  const given = (value: number | null | undefined): number | undefined => value || undefined;
  return {
    test,
    interval: given(Interval),
    timeout: given(Timeout),
    startPeriod: given(StartPeriod),
    startInterval: given(StartInterval),
    retries: given(retries),
  };
}
