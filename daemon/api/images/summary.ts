import type { ImageSummary } from "../../../sdk/contract/index.ts";
import type { Image } from "../../engine/model/image.ts";
import type { ListedImage } from "../../engine/services.ts";
import { familiarOf } from "../../oci/reference.ts";
import { atLeast } from "../http/version.ts";

/** One of `GET /images/json`. `sharedSize` where it was asked for. */
export function imageSummary(listed: ListedImage & { readonly sharedSize?: number }, apiVersion: string): ImageSummary {
  const { image, containers, sharedSize = -1 } = listed;
  const { labels } = image.config.run;
  return {
    Id: image.id,
    ParentId: "",
    ...listedNames(image, apiVersion),
    Created: unixSeconds(image.config.created),
    Size: image.size,
    ...(!atLeast(apiVersion, "1.44") && { VirtualSize: image.size }),
    SharedSize: sharedSize,
    Labels: Object.keys(labels).length > 0 ? labels : null,
    // Counted for every list from 1.51 on.
    Containers: atLeast(apiVersion, "1.51") ? containers : -1,
  };
}

/** Before 1.43 an image without a name was called `<none>`. */
function listedNames({ tags, digests }: Image, apiVersion: string): Pick<ImageSummary, "RepoTags" | "RepoDigests"> {
  const none = !atLeast(apiVersion, "1.43") && tags.length === 0;
  return {
    RepoTags: none ? ["<none>:<none>"] : tags.map(familiarOf),
    RepoDigests: none && digests.length === 0 ? ["<none>@<none>"] : digests.map(familiarOf),
  };
}

/** 0 for an image that does not say. */
export function unixSeconds(moment: string | undefined): number {
  const parsed = Date.parse(moment ?? "");
  return Number.isNaN(parsed) ? 0 : Math.floor(parsed / 1000);
}
