import { VolumeCreateBody, type VolumeListResponse, type VolumesPruneResponse } from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { Engine } from "../../engine/services.ts";
import { boolean, filters } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { atLeast } from "../http/version.ts";
import { volumeJson } from "./volume.ts";

/** Everything below /volumes. */
export function volumeRoutes({ volumes }: Engine): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/volumes",
      handle: async ({ query }, response) => {
        const listed = volumes.list(filters(query, ["dangling", "driver", "label", "name"]));
        await response.json(200, { Volumes: listed.map(volumeJson), Warnings: null } satisfies VolumeListResponse);
      },
    },
    {
      method: "GET",
      path: "/volumes/:name",
      handle: ({ params }, response) => response.json(200, volumeJson(volumes.get(params["name"] ?? ""))),
    },
    {
      method: "POST",
      path: "/volumes/create",
      handle: async (request, response) => {
        const body = await request.json(VolumeCreateBody);
        if (body.ClusterVolumeSpec != null)
          throw new EngineError("NotImplemented", "ClusterVolumeSpec is not supported");
        const volume = await volumes.create({
          name: body.Name ?? undefined,
          driver: body.Driver ?? undefined,
          driverOpts: body.DriverOpts ?? undefined,
          labels: body.Labels ?? undefined,
        });
        await response.json(201, volumeJson(volume));
      },
    },
    {
      method: "DELETE",
      path: "/volumes/:name",
      handle: async ({ params, query }, response) => {
        await volumes.remove(params["name"] ?? "", boolean(query, "force"));
        await response.empty(204);
      },
    },
    pruneRoute(volumes),
  ];
}

function pruneRoute(volumes: Engine["volumes"]): Route {
  return {
    method: "POST",
    path: "/volumes/prune",
    handle: async ({ query, apiVersion }, response) => {
      const asked = filters(query, ["all", "label", "label!"]);
      // Before 1.42 named volumes went too.
      const wanted = atLeast(apiVersion, "1.42") ? asked : new Map([...asked, ["all", ["true"]] as const]);
      const { deleted, spaceReclaimed } = await volumes.prune(wanted);
      const body: VolumesPruneResponse = { VolumesDeleted: [...deleted], SpaceReclaimed: spaceReclaimed };
      await response.json(200, body);
    },
  };
}
