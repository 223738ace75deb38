import { Value } from "@sinclair/typebox/value";
import { Platform } from "../../../sdk/contract/common.ts";
import { EngineError } from "../../base/errors.ts";
import type { Image } from "../../engine/model/image.ts";
import { formatPlatform, normalisePlatform } from "../../oci/platform.ts";

/**
 * `platform={"os":"linux","architecture":"arm64"}` of inspect, history and save: an image here has one platform, and another one is
 * not found.
 */
export function checkPlatform(query: URLSearchParams, image: Image, name: string): void {
  for (const text of query.getAll("platform").filter((each) => each !== "")) {
    const { architecture, os, variant } = parse(text);
    const wanted = formatPlatform(normalisePlatform({ architecture, os, variant }));
    if (formatPlatform(normalisePlatform(image.config)) === wanted) continue;
    const what = `image with reference ${name} was found but does not provide the specified platform (${wanted})`;
    throw new EngineError("NotFound", what);
  }
}

function parse(text: string): Platform {
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(Platform, value)) return value;
  } catch (error) {
    throw new EngineError("InvalidParameter", `failed to parse platform: ${text}`, { cause: error });
  }
  throw new EngineError("InvalidParameter", `failed to parse platform: ${text}`);
}
