import type { Digest } from "../../base/digest.ts";
import { isKind } from "../../base/errors.ts";
import type { Engine } from "../../engine/services.ts";

/** The VOLUMEs of a container's image; none of an image that is gone. */
export function imageVolumes({ images }: Engine, imageId: Digest): readonly string[] {
  try {
    return images.get(imageId).config.run.volumes;
  } catch (error) {
    if (isKind(error, "NotFound")) return [];
    throw error;
  }
}
