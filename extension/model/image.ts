import type { wire } from "../../sdk/index.ts";

/** An image on the engine, with all its names. */
export interface Image {
  /** Digest of its config. */
  readonly id: string;
  /** `registry/name:tag` each; empty for one that has no name. */
  readonly tags: readonly string[];
  /** `registry/name@sha256:…` each. */
  readonly digests: readonly string[];
  /** Seconds since 1970. */
  readonly created: number;
  /** Bytes. */
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
}

export function imageOf(summary: wire.ImageSummary): Image {
  const named = (names: readonly string[] | null): readonly string[] =>
    (names ?? []).filter((name) => !name.startsWith("<none>"));
  return {
    id: summary.Id,
    tags: named(summary.RepoTags),
    digests: named(summary.RepoDigests),
    created: summary.Created,
    size: summary.Size,
    labels: summary.Labels ?? {},
  };
}

/** `registry:5000/a/b:c` → its repository and its tag. */
export function splitTag(name: string): { readonly repository: string; readonly tag: string } {
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon === -1
    ? { repository: name, tag: "latest" }
    : { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** What to call it, in a command or a question: its first name, or the start of its id. */
export function imageName({ id, tags }: Image): string {
  return tags[0] ?? shortId(id);
}

/** The first 12 digits of an id or digest. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(":") + 1).slice(0, 12);
}
