import type { SystemDataUsage } from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { DiskUsage, Engine } from "../../engine/services.ts";
import { summaryJson } from "../containers/view/summary.ts";
import type { Route } from "../http/route.ts";
import { imageSummary } from "../images/summary.ts";
import { volumeJson } from "../volumes/volume.ts";

const TYPES = ["container", "image", "volume", "build-cache"];

/** `GET /system/df`; `type` may be there several times. */
export function diskUsageRoute(engine: Engine): Route {
  return {
    method: "GET",
    path: "/system/df",
    handle: async ({ query, signal, apiVersion }, response) => {
      const asked = query.getAll("type");
      const unknown = asked.find((each) => !TYPES.includes(each));
      if (unknown !== undefined) throw new EngineError("InvalidParameter", `unknown object type: ${unknown}`);
      const usage = await engine.system.diskUsage(signal);
      await response.json(200, diskUsageJson(usage, new Set(asked.length > 0 ? asked : TYPES), apiVersion));
    },
  };
}

function diskUsageJson(usage: DiskUsage, types: ReadonlySet<string>, apiVersion: string): SystemDataUsage {
  return {
    LayersSize: types.has("image") ? usage.layersSize : 0,
    Images: types.has("image")
      ? usage.images.map((each) => ({ ...imageSummary(each, apiVersion), Containers: each.containers }))
      : null,
    Containers: types.has("container") ? usage.containers.map((each) => summaryJson(each)) : null,
    Volumes: types.has("volume")
      ? usage.volumes.map((each) => ({ ...volumeJson(each), UsageData: { Size: each.size, RefCount: each.refCount } }))
      : null,
    BuildCache: types.has("build-cache") ? [] : null,
  };
}
