import type {
  DistributionInspect,
  ImageDeleteItem,
  ImageHistoryItem,
  ImagesPruneResponse,
} from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { Engine, Filters, ListedImage } from "../../engine/services.ts";
import { boolean, filters } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { registryAuth } from "./credentials.ts";
import { imageInspect } from "./inspect.ts";
import { checkPlatform } from "./platform.ts";
import { imageSummary, unixSeconds } from "./summary.ts";
import { transferRoutes } from "./transfer.ts";

/** Everything below /images and /distribution. */
export function imageRoutes(engine: Engine): readonly Route[] {
  return [
    ...transferRoutes(engine),
    listRoute(engine),
    inspectRoute(engine),
    historyRoute(engine),
    tagRoute(engine),
    removeRoute(engine),
    pruneRoute(engine),
    distributionRoute(engine),
  ];
}

const LIST_FILTERS = ["before", "dangling", "label", "label!", "reference", "since", "until"];

function listRoute(engine: Engine): Route {
  return {
    method: "GET",
    path: "/images/json",
    handle: async ({ query, apiVersion, signal }, response) => {
      if (boolean(query, "manifests"))
        throw new EngineError("NotImplemented", "manifests in a list of images are not supported");
      const accepted = filters(query, LIST_FILTERS);
      // The parameter of clients before 1.25.
      const reference = query.get("filter");
      const wanted: Filters = reference ? new Map([...accepted, ["reference", [reference]]]) : accepted;
      const listed = engine.images.list({ all: boolean(query, "all"), filters: wanted });
      const sizes = boolean(query, "shared-size") ? await sharedSizes(engine, signal) : undefined;
      const body = listed.map((each: ListedImage) =>
        imageSummary({ ...each, sharedSize: sizes?.get(each.image.id) }, apiVersion),
      );
      await response.json(200, body);
    },
  };
}

async function sharedSizes({ system }: Engine, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const { images } = await system.diskUsage(new Set(["image"]), signal);
  return new Map((images ?? []).map(({ image, sharedSize }) => [image.id, sharedSize]));
}

function inspectRoute({ images, system }: Engine): Route {
  // It does not change while the daemon runs.
  let driver: string | undefined;
  return {
    method: "GET",
    path: "/images/:name/json",
    handle: async ({ params, query, apiVersion }, response) => {
      if (boolean(query, "manifests"))
        throw new EngineError("NotImplemented", "manifests of an image are not supported");
      const name = params["name"] ?? "";
      const image = images.get(name);
      checkPlatform(query, image, name);
      driver ??= (await system.info()).storage.driver;
      await response.json(200, imageInspect(image, driver, apiVersion));
    },
  };
}

function historyRoute({ images }: Engine): Route {
  return {
    method: "GET",
    path: "/images/:name/history",
    handle: async ({ params, query }, response) => {
      const name = params["name"] ?? "";
      if (query.get("platform")) checkPlatform(query, images.get(name), name);
      const body: readonly ImageHistoryItem[] = images.history(name).map((step) => ({
        Id: step.id,
        Created: unixSeconds(step.created),
        CreatedBy: step.createdBy ?? "",
        Tags: step.tags.length > 0 ? [...step.tags] : null,
        Size: step.size,
        Comment: step.comment ?? "",
      }));
      await response.json(200, body);
    },
  };
}

function tagRoute({ images }: Engine): Route {
  return {
    method: "POST",
    path: "/images/:name/tag",
    handle: async ({ params, query }, response) => {
      await images.tag(params["name"] ?? "", query.get("repo") ?? "", query.get("tag") ?? "");
      await response.empty(201);
    },
  };
}

type Removal = Awaited<ReturnType<Engine["images"]["remove"]>>[number];

function removalJson(removal: Removal): ImageDeleteItem {
  return "untagged" in removal ? { Untagged: removal.untagged } : { Deleted: removal.deleted };
}

function removeRoute({ images }: Engine): Route {
  return {
    method: "DELETE",
    path: "/images/:name",
    handle: async ({ params, query }, response) => {
      if (query.get("platforms")) throw new EngineError("NotImplemented", "removal of one platform is not supported");
      const options = { force: boolean(query, "force"), prune: !boolean(query, "noprune") };
      const removed = await images.remove(params["name"] ?? "", options);
      await response.json(200, removed.map(removalJson));
    },
  };
}

function pruneRoute({ images }: Engine): Route {
  return {
    method: "POST",
    path: "/images/prune",
    handle: async ({ query, signal }, response) => {
      const accepted = filters(query, ["dangling", "label", "label!", "until"]);
      const { deleted, spaceReclaimed } = await images.prune(accepted, signal);
      const body: ImagesPruneResponse = {
        ImagesDeleted: deleted.length > 0 ? deleted.map(removalJson) : null,
        SpaceReclaimed: spaceReclaimed,
      };
      await response.json(200, body);
    },
  };
}

function distributionRoute({ images }: Engine): Route {
  return {
    method: "GET",
    path: "/distribution/:name/json",
    handle: async ({ params, headers, signal }, response) => {
      const { mediaType, digest, size, platforms } = await images.distribution(
        params["name"] ?? "",
        registryAuth(headers),
        signal,
      );
      const body: DistributionInspect = { Descriptor: { mediaType, digest, size }, Platforms: [...platforms] };
      await response.json(200, body);
    },
  };
}
