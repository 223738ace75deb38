import { EngineError } from "../base/errors.ts";
import { showName } from "../oci/tar/entry.ts";

/** What the name of a layer's entry asks for (image-spec, layer.md#whiteouts). Paths are byte strings relative to the root. */
export type LayerPath =
  | { readonly kind: "root" }
  | { readonly kind: "file"; readonly parent: string; readonly base: string }
  /** Hides `base` of the layers below. */
  | { readonly kind: "whiteout"; readonly parent: string; readonly base: string }
  /** Hides everything in `path` of the layers below. */
  | { readonly kind: "opaque"; readonly path: string }
  /** AUFS's own notes, which mean nothing in a layer. */
  | { readonly kind: "ignored" };

const WHITEOUT = ".wh.";
const META = ".wh..wh.";
const OPAQUE = ".wh..wh..opq";

/** @throws EngineError InvalidParameter for a name that leads out of the layer, or hides what is no file of it. */
export function parseLayerPath(name: string): LayerPath {
  const path = insideRoot(name);
  if (path === "") return { kind: "root" };
  const slash = path.lastIndexOf("/");
  const parent = slash < 0 ? "" : path.slice(0, slash);
  const base = path.slice(slash + 1);
  if (base === OPAQUE) return { kind: "opaque", path: parent };
  if (path.split("/").some((part) => part.startsWith(META))) return { kind: "ignored" };
  if (!base.startsWith(WHITEOUT)) return { kind: "file", parent, base };
  const hidden = base.slice(WHITEOUT.length);
  if (hidden === "" || hidden === "." || hidden === "..")
    throw new EngineError("InvalidParameter", `invalid layer: whiteout ${showName(name)} names no file`);
  return { kind: "whiteout", parent, base: hidden };
}

/** The same of an archive that is no layer: every name is a file's. */
export function parsePlainPath(name: string): LayerPath {
  const path = insideRoot(name);
  if (path === "") return { kind: "root" };
  const slash = path.lastIndexOf("/");
  return { kind: "file", parent: slash < 0 ? "" : path.slice(0, slash), base: path.slice(slash + 1) };
}

/**
 * The path without `.`, `..` and doubled slashes. An absolute name counts from the root of the layer, as for Docker; `..`
 * inside a relative one is refused as soon as it would leave the root.
 * @throws EngineError InvalidParameter.
 */
export function insideRoot(name: string): string {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined && !name.startsWith("/"))
      throw new EngineError("InvalidParameter", `invalid layer: ${showName(name)} leads out of it`);
  }
  return parts.join("/");
}
