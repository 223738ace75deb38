import {
  NetworkConnectBody,
  NetworkCreateBody,
  type NetworkCreateResponse,
  NetworkDisconnectBody,
  type NetworksPruneResponse,
} from "../../../sdk/contract/index.ts";
import type { Engine } from "../../engine/services.ts";
import { parseEndpoint } from "../containers/spec/endpoints.ts";
import { filters } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { networkJson } from "./network.ts";
import { networkWish } from "./wish.ts";

const LIST_FILTERS = ["dangling", "driver", "id", "label", "name", "scope", "type"];

/** Everything below /networks. */
export function networkRoutes({ networks }: Engine): readonly Route[] {
  const list: Route["handle"] = async ({ query, apiVersion }, response) => {
    const listed = networks.list(filters(query, LIST_FILTERS));
    await response.json(
      200,
      listed.map((each) => networkJson(each, {}, apiVersion)),
    );
  };
  return [
    { method: "GET", path: "/networks", handle: list },
    { method: "GET", path: "/networks/", handle: list },
    {
      method: "GET",
      path: "/networks/:id",
      handle: async ({ params, apiVersion }, response) => {
        const network = networks.get(params["id"] ?? "");
        await response.json(200, networkJson(network, networks.members(network.id), apiVersion));
      },
    },
    ...changingRoutes(networks),
  ];
}

function changingRoutes(networks: Engine["networks"]): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/networks/create",
      handle: async (request, response) => {
        const { id, warnings } = await networks.create(networkWish(await request.json(NetworkCreateBody)));
        await response.json(201, { Id: id, Warning: warnings.join("\n") } satisfies NetworkCreateResponse);
      },
    },
    {
      method: "POST",
      path: "/networks/:id/connect",
      handle: async (request, response) => {
        const { Container, EndpointConfig } = await request.json(NetworkConnectBody);
        await networks.connect(request.params["id"] ?? "", Container, parseEndpoint(EndpointConfig ?? {}));
        await response.empty(200);
      },
    },
    {
      method: "POST",
      path: "/networks/:id/disconnect",
      handle: async (request, response) => {
        const { Container, Force } = await request.json(NetworkDisconnectBody);
        await networks.disconnect(request.params["id"] ?? "", Container, Force ?? false);
        await response.empty(200);
      },
    },
    {
      method: "DELETE",
      path: "/networks/:id",
      handle: async ({ params }, response) => {
        await networks.remove(params["id"] ?? "");
        await response.empty(204);
      },
    },
    {
      method: "POST",
      path: "/networks/prune",
      handle: async ({ query }, response) => {
        const deleted = await networks.prune(filters(query, ["label", "label!", "until"]));
        await response.json(200, {
          NetworksDeleted: deleted.length > 0 ? [...deleted] : null,
        } satisfies NetworksPruneResponse);
      },
    },
  ];
}
