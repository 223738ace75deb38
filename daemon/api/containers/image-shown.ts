import type { Digest } from "../../base/digest.ts";
import { isKind } from "../../base/errors.ts";
import type { Engine } from "../../engine/services.ts";
import type { ImageShown } from "./view/inspect.ts";

/** What of a container's image shows in the container; nothing of an image that is gone. */
export function imageShown({ images }: Engine, imageId: Digest): ImageShown {
  try {
    return images.get(imageId).config.run;
  } catch (error) {
    if (isKind(error, "NotFound")) return { exposedPorts: [], volumes: [] };
    throw error;
  }
}
