import { ContainerUpdateBody, type ContainerUpdateResponse } from "../../../sdk/contract/index.ts";
import type { HostSpec, ResourceSpec } from "../../engine/model/container.ts";
import type { Engine } from "../../engine/services.ts";
import type { Route } from "../http/route.ts";
import { invalid, unsupported } from "./spec/invalid.ts";
import { isSet, refuseResources } from "./spec/refusals.ts";
import { parseResources } from "./spec/resources.ts";
import { parseRestartPolicy } from "./spec/restart-policy.ts";

/** What cannot be changed any more once a container is there. */
const FIXED = ["CgroupParent", "Devices", "Ulimits", "OomKillDisable"] as const satisfies (keyof ContainerUpdateBody)[];

/** `POST /containers/{id}/update`. */
export function updateRoute({ containers }: Engine): Route {
  return {
    method: "POST",
    path: "/containers/:id/update",
    handle: async (request, response) => {
      const id = request.params["id"] ?? "";
      const body = await request.json(ContainerUpdateBody);
      const { host } = containers.get(id).spec;
      const { warnings } = await containers.update(id, parseUpdate(body, host));
      await response.json(200, { Warnings: [...warnings] } satisfies ContainerUpdateResponse);
    },
  };
}

/** A field at its zero value says nothing: Go's clients send every field. @throws EngineError InvalidParameter, NotImplemented. */
export function parseUpdate(
  body: ContainerUpdateBody,
  host: HostSpec,
): Partial<Pick<HostSpec, "resources" | "restartPolicy">> {
  refuseResources(body);
  for (const field of FIXED) if (isSet(body[field])) throw unsupported(`update of ${field}`);
  const changes = Object.entries(parseResources(body)).filter(
    ([name, value]) => isSet(value) || (name === "pidsLimit" && body.PidsLimit === 0),
  );
  const resources: ResourceSpec = { ...host.resources, ...Object.fromEntries(changes) };
  if (isSet(body.Memory) && resources.memorySwap > 0 && resources.memory > resources.memorySwap)
    throw invalid(
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
  return {
    ...(changes.length > 0 && { resources }),
    ...(isSet(body.RestartPolicy?.Name) && { restartPolicy: parseRestartPolicy(body.RestartPolicy ?? {}) }),
  };
}
