import { EngineError } from "../../../daemon/base/errors.ts";
import { serveJobs } from "../../../daemon/base/worker-job.ts";

/** What the pool's tests have it do. */
export type PoolTestJob = "double" | "fail" | "die" | "until-canceled";

serveJobs<PoolTestJob, string>(async (job, control) => {
  control.progress(1);
  switch (job) {
    case "double":
      return "doubled";
    case "fail":
      throw new EngineError("Conflict", "failed as told");
    case "die":
      return process.exit(3);
    case "until-canceled":
      for (;;) {
        control.throwIfAborted();
        await new Promise((resolve) => setImmediate(resolve));
      }
  }
});
