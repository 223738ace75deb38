import type { Digest } from "../../base/digest.ts";
import { isDigest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import type { Collection, Metadata } from "../../metadata/collection.ts";
import { chainIds } from "../../oci/chain-id.ts";
import { canonical, familiar, parseReference, type Reference, withDefaultTag } from "../../oci/reference.ts";
import type { Image } from "../model/image.ts";

/**
 * An image as it is stored. `removed` marks one that was deleted by force while a container still stood on its layers: no
 * name or id finds it, but what it names is kept until the container is gone.
 */
export interface ImageRecord extends Image {
  /** Bytes of the unpacked layers, bottom first. */
  readonly layerSizes: readonly number[];
  readonly removed?: true;
}

/** What an operation wants to be true of an image: the rest of an existing record stays. */
export interface Admission {
  readonly image: Omit<ImageRecord, "tags" | "digests" | "taggedAt" | "removed">;
  /** Canonical references; each is taken from the image that has it now. */
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  /** RFC 3339. */
  readonly at: string;
}

const ID_PREFIX = /^(?:sha256:)?([a-f0-9]{1,64})$/;

/**
 * The records of images, by id and by name; a reference names one image at most. Written through to the metadata first, so
 * a name is never known here that would be gone after a crash.
 */
export class ImageStore {
  readonly #metadata: Metadata;
  readonly #rows: Collection<ImageRecord>;
  readonly #byId = new Map<Digest, ImageRecord>();
  readonly #byName = new Map<string, Digest>();

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#rows = metadata.collection<ImageRecord>("images", { unique: namesOf });
    for (const record of this.#rows.all()) this.#remember(record);
  }

  /** Visible images, in no order. */
  *all(): IterableIterator<ImageRecord> {
    for (const record of this.#byId.values()) if (record.removed !== true) yield record;
  }

  /** Records of any kind, for reachability. */
  records(): Iterable<ImageRecord> {
    return this.#byId.values();
  }

  findById(id: Digest): ImageRecord | undefined {
    const record = this.#byId.get(id);
    return record?.removed === true ? undefined : record;
  }

  findByName(reference: Reference): ImageRecord | undefined {
    // A digest says more than the tag beside it.
    const { domain, path, digest } = reference;
    const id = this.#byName.get(canonical(digest === undefined ? withDefaultTag(reference) : { domain, path, digest }));
    return id === undefined ? undefined : this.findById(id);
  }

  /**
   * By full id, name, or unique prefix of an id, in Docker's order: a name wins over a prefix.
   * @throws EngineError NotFound "No such image: x"; InvalidParameter for what is no reference, and for an ambiguous prefix.
   */
  get(ref: string): ImageRecord {
    return this.resolve(ref).image;
  }

  /** As `get`, and the canonical reference it was found by, when it was a name. */
  resolve(ref: string): { readonly image: ImageRecord; readonly name?: string } {
    const full = /^[a-f0-9]{64}$/.test(ref) ? `sha256:${ref}` : ref;
    if (isDigest(full)) {
      const image = this.findById(full);
      if (image === undefined) throw new EngineError("NotFound", `No such image: ${full}`);
      return { image };
    }
    const reference = parseReference(ref);
    const named = this.findByName(reference);
    if (named !== undefined) {
      const { domain, path, digest } = reference;
      const name = canonical(digest === undefined ? withDefaultTag(reference) : { domain, path, digest });
      return { image: named, name };
    }
    const image = this.#findByPrefix(ref);
    if (image === undefined) throw new EngineError("NotFound", `No such image: ${familiar(withDefaultTag(reference))}`);
    return { image };
  }

  #findByPrefix(ref: string): ImageRecord | undefined {
    const prefix = ID_PREFIX.exec(ref)?.[1];
    if (prefix === undefined) return undefined;
    const found = [...this.all()].filter(({ id }) => id.startsWith(`sha256:${prefix}`));
    if (found.length > 1)
      throw new EngineError(
        "InvalidParameter",
        `ambiguous image id prefix: ${ref} is the start of ${found.length} ids`,
      );
    return found[0];
  }

  /**
   * Adds images, or names to them, all in one transaction.
   * @returns what lost a tag to them: the canonical reference and who had it.
   */
  admit(admissions: readonly Admission[]): readonly { readonly tag: string; readonly from: Digest }[] {
    const moved: { tag: string; from: Digest }[] = [];
    const changed = new Map<Digest, ImageRecord>();
    const current = (id: Digest): ImageRecord | undefined => changed.get(id) ?? this.#byId.get(id);
    for (const { image, tags, digests, at } of admissions) {
      for (const name of [...tags, ...digests]) {
        const from = [...changed.values()].find((each) => namesOf(each).includes(name))?.id ?? this.#byName.get(name);
        const holder = from === undefined ? undefined : current(from);
        if (holder === undefined || holder.id === image.id || !namesOf(holder).includes(name)) continue;
        changed.set(holder.id, withoutName(holder, name));
        if (tags.includes(name)) moved.push({ tag: name, from: holder.id });
      }
      changed.set(image.id, merge(current(image.id), image, tags, digests, at));
    }
    this.#write([...changed.values()]);
    return moved;
  }

  /** Takes names away. The record stays, perhaps without a name. */
  untag(id: Digest, names: readonly string[]): ImageRecord {
    const record = this.#existing(id);
    const next = names.reduce(withoutName, record);
    this.#write([next]);
    return next;
  }

  /** Replaces what is known of an image's blobs. */
  update(image: Image): void {
    this.#write([{ ...this.#existing(image.id), ...image }]);
  }

  /** Idempotent. With `keepLayers` the record lives on unseen. */
  delete(id: Digest, keepLayers: boolean): void {
    const record = this.#byId.get(id);
    if (record === undefined) return;
    if (keepLayers) {
      this.#write([{ ...record, tags: [], digests: [], removed: true }]);
      return;
    }
    this.#rows.delete(id);
    this.#forget(record);
  }

  #existing(id: Digest): ImageRecord {
    const record = this.#byId.get(id);
    if (record === undefined) throw new EngineError("NotFound", `No such image: ${id}`);
    return record;
  }

  #write(records: readonly ImageRecord[]): void {
    this.#metadata.transaction(() => {
      // Names are given up before they are taken: a unique key is checked at each write.
      for (const record of records) {
        const known = this.#byId.get(record.id);
        if (known !== undefined) this.#rows.put(record.id, { ...known, tags: [], digests: [] });
      }
      for (const record of records) this.#rows.put(record.id, record);
    });
    for (const record of records) this.#forget(this.#byId.get(record.id));
    for (const record of records) this.#remember(record);
  }

  #remember(record: ImageRecord): void {
    this.#byId.set(record.id, record);
    for (const name of namesOf(record)) this.#byName.set(name, record.id);
  }

  #forget(record: ImageRecord | undefined): void {
    if (record === undefined) return;
    this.#byId.delete(record.id);
    for (const name of namesOf(record)) if (this.#byName.get(name) === record.id) this.#byName.delete(name);
  }
}

function namesOf({ tags, digests }: ImageRecord): readonly string[] {
  return [...tags, ...digests];
}

function withoutName(record: ImageRecord, name: string): ImageRecord {
  return {
    ...record,
    tags: record.tags.filter((each) => each !== name),
    digests: record.digests.filter((each) => each !== name),
  };
}

function merge(
  known: ImageRecord | undefined,
  image: Admission["image"],
  tags: readonly string[],
  digests: readonly string[],
  at: string,
): ImageRecord {
  const all = (before: readonly string[] | undefined, more: readonly string[]): readonly string[] => [
    ...new Set([...(before ?? []), ...more]),
  ];
  const newTag = tags.some((tag) => known?.tags.includes(tag) !== true);
  const taggedAt = newTag ? at : known?.taggedAt;
  // What came with a manifest stays so: the same image loaded again as plain tar files does not lose its repo digests.
  const blobs = known?.manifestDigest !== undefined && image.manifestDigest === undefined ? known : image;
  const { manifestDigest, layers } = blobs;
  return {
    ...image,
    layers,
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
    tags: all(known?.tags, tags),
    digests: all(known?.digests, digests),
    ...(taggedAt === undefined ? {} : { taggedAt }),
  };
}

/** Chain IDs of an image's layers, bottom first. */
export function chainOf(image: Pick<Image, "config">): readonly Digest[] {
  return chainIds(image.config.diffIds);
}

/** Every blob that a record names: config, manifest, layers. */
export function blobsOf(image: Image): readonly Digest[] {
  const manifest = image.manifestDigest === undefined ? [] : [image.manifestDigest];
  return [image.id, ...manifest, ...image.layers.map(({ digest }) => digest)];
}
