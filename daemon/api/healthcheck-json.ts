import type { HealthConfig } from "../../sdk/contract/index.ts";
import type { Healthcheck } from "../engine/model/health.ts";

/** `Healthcheck` of an image's and of a container's Config. */
export function healthcheckJson({
  test,
  interval,
  timeout,
  startPeriod,
  startInterval,
  retries,
}: Healthcheck): HealthConfig {
  return {
    Test: [...test],
    ...(interval !== undefined && { Interval: interval }),
    ...(timeout !== undefined && { Timeout: timeout }),
    ...(startPeriod !== undefined && { StartPeriod: startPeriod }),
    ...(startInterval !== undefined && { StartInterval: startInterval }),
    ...(retries !== undefined && { Retries: retries }),
  };
}
