import type { Readable } from "node:stream";
import { EngineError, isKind, messageOf } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import { familiarOf } from "../../oci/reference.ts";
import { admissionOf } from "./admission.ts";
import { type IncomingImage, readLayout } from "./archive-layout.ts";
import { spoolArchive } from "./archive-spool.ts";
import { type ImageContext, publishImageEvent } from "./context.ts";
import { type Hold, letGo } from "./garbage.ts";
import { chainOf } from "./image-store.ts";
import type { Report } from "./progress.ts";
import { together } from "./together.ts";

/**
 * Loads the images of an archive: all of them or, when anything is wrong with it, none and nothing of it stays.
 *
 * The layers are kept as they come, plain tar mostly. That costs disk beside the unpacked files, and buys that a save gives
 * the very bytes back and a load compresses nothing; the first push puts the compressed form in their place.
 */
export async function loadImages(
  context: ImageContext,
  archive: Readable,
  options: { readonly quiet: boolean },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const blobs = context.blobs.hold();
  const layers = context.layers.hold();
  try {
    const spooled = await spoolArchive(archive, context.content, blobs, signal);
    const images = await readLayout(spooled, context.content, context.platform);
    for (const image of images) await unpackAll(context, image, layers, options.quiet ? undefined : report, signal);
    await admit(context, images, report);
  } catch (error) {
    // What is not what its digest says came so from the user, and nothing of ours is damaged.
    if (!isKind(error, "DataLoss")) throw error;
    throw new EngineError("InvalidParameter", messageOf(error), { cause: error });
  } finally {
    // Whatever no record names goes: all of it after a failure, the archive's own documents after a success.
    await letGo(context.layers, layers);
    await letGo(context.blobs, blobs);
  }
}

export async function unpackAll(
  context: ImageContext,
  image: IncomingImage,
  hold: Hold,
  report: Report | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { diffIds } = image.config;
  await hold.add(chainOf(image));
  await together(signal, image.layers, async ({ digest, size }, at, both) => {
    const id = shortId(diffIds[at] ?? "");
    await context.unpacker.unpack(digest, diffIds, at, both, (current) =>
      report?.({ kind: "progress", id, status: "Loading layer", current, total: size }),
    );
  });
}

async function admit(context: ImageContext, images: readonly IncomingImage[], report: Report): Promise<void> {
  using _ = await context.locks.acquire("names");
  const admissions = await Promise.all(images.map((image) => admissionOf(context, image)));
  const moved = context.store.admit(admissions);
  for (const { tag, from } of moved) {
    const text = `The image ${familiarOf(tag)} already exists, renaming the old one with ID ${from} to empty string\n`;
    report({ kind: "stream", text });
  }
  for (const { id, tags } of images) {
    for (const tag of tags) report({ kind: "stream", text: `Loaded image: ${familiarOf(tag)}\n` });
    if (tags.length === 0) report({ kind: "stream", text: `Loaded image ID: ${id}\n` });
    publishImageEvent(context, "load", id, id, context.store.findById(id));
  }
}
