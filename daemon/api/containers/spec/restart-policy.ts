import type { RestartPolicy } from "../../../../sdk/contract/index.ts";
import type { RestartPolicy as RestartSpec } from "../../../engine/model/container.ts";
import { invalid } from "./invalid.ts";

/** @throws EngineError InvalidParameter in Docker's words. */
export function parseRestartPolicy(policy: RestartPolicy): RestartSpec {
  const name = policy.Name || "no";
  const maximumRetryCount = policy.MaximumRetryCount ?? 0;
  switch (name) {
    case "no":
    case "always":
    case "unless-stopped":
      if (maximumRetryCount !== 0) {
        const and = maximumRetryCount < 0 ? " and cannot be negative" : "";
        throw invalid(`invalid restart policy: maximum retry count can only be used with 'on-failure'${and}`);
      }
      return { name, maximumRetryCount };
    case "on-failure":
      if (maximumRetryCount < 0) throw invalid("invalid restart policy: maximum retry count cannot be negative");
      return { name, maximumRetryCount };
    default:
      throw invalid(
        `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
      );
  }
}
