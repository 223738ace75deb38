import { serveJobs } from "../base/worker-job.ts";
import { unpackLayer } from "./unpack-layer.ts";

serveJobs(unpackLayer);
