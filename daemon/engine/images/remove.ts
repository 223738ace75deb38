import type { Digest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import { familiarOf, parseReference, repositoryOf } from "../../oci/reference.ts";
import type { Image } from "../model/image.ts";
import { type ImageContext, type ImageUser, publishImageEvent } from "./context.ts";
import { blobsOf, chainOf } from "./image-store.ts";

export type Removal = { readonly untagged: string } | { readonly deleted: string };

/**
 * Takes a name from an image, and the image away when that was its last one and nobody uses it.
 * @throws EngineError NotFound; Conflict in Docker's words.
 */
export async function removeImage(context: ImageContext, ref: string, force: boolean): Promise<readonly Removal[]> {
  using _ = await context.locks.acquire("names");
  const { image, name } = context.store.resolve(ref);
  return name === undefined
    ? await removeById(context, image, force)
    : await removeByName(context, image, { name, asked: ref }, force);
}

async function removeByName(
  context: ImageContext,
  image: Image,
  { name, asked }: { readonly name: string; readonly asked: string },
  force: boolean,
): Promise<readonly Removal[]> {
  const others = image.tags.filter((tag) => tag !== name);
  const users = context.usersOf(image.id);
  if (others.length > 0) return untag(context, image, removedWith(image, name));
  const [user] = users;
  if (user !== undefined && !force) {
    const subject = `container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`;
    throw new EngineError(
      "Conflict",
      `conflict: unable to remove repository reference ${JSON.stringify(asked)} (must force) - ${subject}`,
    );
  }
  // A container that runs keeps its image, without a name; that is what force means for a name.
  const running = users.some((each) => each.running);
  const untagged = untag(context, image, [...image.tags, ...image.digests]);
  return running ? untagged : [...untagged, ...(await deleteImage(context, image.id))];
}

/** The last tag of a repository takes the repository's digests with it. */
function removedWith(image: Image, name: string): readonly string[] {
  const repository = repositoryOf(parseReference(name));
  const inRepository = (each: string): boolean => repositoryOf(parseReference(each)) === repository;
  if (image.tags.some((tag) => tag !== name && inRepository(tag))) return [name];
  return [name, ...image.digests.filter((digest) => digest !== name && inRepository(digest))];
}

async function removeById(context: ImageContext, image: Image, force: boolean): Promise<readonly Removal[]> {
  checkUsers(image, context.usersOf(image.id), force);
  const repositories = new Set([...image.tags, ...image.digests].map((name) => repositoryOf(parseReference(name))));
  if ((image.tags.length > 1 || repositories.size > 1) && !force) {
    throw conflict(image, "must be forced", "image is referenced in multiple repositories");
  }
  return [...untag(context, image, [...image.tags, ...image.digests]), ...(await deleteImage(context, image.id))];
}

function checkUsers(image: Image, users: readonly ImageUser[], force: boolean): void {
  const running = users.find((user) => user.running);
  if (running !== undefined) {
    throw conflict(image, "cannot be forced", `image is being used by running container ${shortId(running.id)}`);
  }
  const [stopped] = users;
  if (stopped !== undefined && !force) {
    throw conflict(image, "must be forced", `image is being used by stopped container ${shortId(stopped.id)}`);
  }
}

function conflict(image: Image, how: string, why: string): EngineError {
  return new EngineError("Conflict", `conflict: unable to delete ${shortId(image.id)} (${how}) - ${why}`);
}

function untag(context: ImageContext, image: Image, names: readonly string[]): readonly Removal[] {
  if (names.length === 0) return [];
  context.store.untag(image.id, names);
  for (const name of names) publishImageEvent(context, "untag", image.id, familiarOf(name), image);
  return names.map((name) => ({ untagged: familiarOf(name) }));
}

/** Deletes an image without names: the record first, then what only it needed. @returns the image and its lost layers. */
export async function deleteImage(context: ImageContext, id: Digest): Promise<readonly Removal[]> {
  const image = context.store.findById(id);
  if (image === undefined) return [];
  const used = context.usersOf(id).length > 0;
  // A crash after this line leaves orphans that the sweep at the next start takes away.
  context.store.delete(id, used);
  publishImageEvent(context, "delete", id, id, image);
  if (used) return [{ deleted: id }];
  const layers = await collectImage(context, image);
  return [{ deleted: id }, ...layers.map((chainId) => ({ deleted: chainId }))];
}

/** @returns chain IDs of the layers that went, top first. */
async function collectImage(context: ImageContext, image: Image): Promise<readonly Digest[]> {
  const layers = await context.layers.collect([...chainOf(image)].reverse());
  await context.blobs.collect(blobsOf(image));
  return layers;
}

/** Deletes what containers kept of force-removed images, once the containers are gone. */
export async function deleteAbandoned(context: ImageContext): Promise<void> {
  for (const record of [...context.store.records()]) {
    if (record.removed !== true || context.usersOf(record.id).length > 0) continue;
    context.store.delete(record.id, false);
    await collectImage(context, record);
  }
}
