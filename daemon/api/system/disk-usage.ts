import type { SystemDataUsage } from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { DiskUsage, DiskUsageKind, Engine } from "../../engine/services.ts";
import { summaryJson } from "../containers/view/summary.ts";
import type { Route } from "../http/route.ts";
import { imageSummary } from "../images/summary.ts";
import { volumeJson } from "../volumes/volume.ts";

const KINDS = ["image", "container", "volume"] as const satisfies DiskUsageKind[];
const BUILD_CACHE = "build-cache";
const TYPES: readonly string[] = [...KINDS, BUILD_CACHE];

/** `GET /system/df`; `type` may be there several times. */
export function diskUsageRoute(engine: Engine): Route {
  return {
    method: "GET",
    path: "/system/df",
    handle: async ({ query, signal, apiVersion }, response) => {
      const asked = query.getAll("type");
      const unknown = asked.find((each) => !TYPES.includes(each));
      if (unknown !== undefined) throw new EngineError("InvalidParameter", `unknown object type: ${unknown}`);
      const types = new Set(asked.length > 0 ? asked : TYPES);
      const usage = await engine.system.diskUsage(new Set(KINDS.filter((kind) => types.has(kind))), signal);
      const buildCache = types.has(BUILD_CACHE) ? [] : null;
      await response.json(200, { ...diskUsageJson(usage, apiVersion), BuildCache: buildCache });
    },
  };
}

function diskUsageJson(
  { layersSize, images, containers, volumes }: DiskUsage,
  apiVersion: string,
): Omit<SystemDataUsage, "BuildCache"> {
  return {
    LayersSize: layersSize ?? 0,
    Images: images?.map((each) => ({ ...imageSummary(each, apiVersion), Containers: each.containers })) ?? null,
    Containers: containers?.map((each) => summaryJson(each)) ?? null,
    Volumes:
      volumes?.map((each) => ({ ...volumeJson(each), UsageData: { Size: each.size, RefCount: each.refCount } })) ??
      null,
  };
}
