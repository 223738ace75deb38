import type { ImageSummary } from "../../contract/index.ts";
import type { CommandContext } from "../context.ts";
import { humanSize, humanSizeShort } from "../flags/units.ts";
import type { ListFormat, Row } from "./formatter.ts";
import { shortId } from "./short-id.ts";
import { ago, goTime } from "./times.ts";

const NONE = "<none>";

export function imageFormat(digests: boolean): ListFormat {
  const digest = digests ? "\t{{.Digest}}" : "";
  return {
    headers: {
      ID: "IMAGE ID",
      Repository: "REPOSITORY",
      Tag: "TAG",
      Digest: "DIGEST",
      CreatedSince: "CREATED",
      CreatedAt: "CREATED AT",
      Size: "SIZE",
      Containers: "CONTAINERS",
      VirtualSize: "SIZE",
      SharedSize: "SHARED SIZE",
      UniqueSize: "UNIQUE SIZE",
    },
    table: `table {{.Repository}}\t{{.Tag}}${digest}\t{{.ID}}\t{{if .CreatedSince}}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}`,
    quiet: "{{.ID}}",
    raw: "repository: {{.Repository}}\ntag: {{.Tag}}\nimage_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
  };
}

/** One row a tag; with `digests` one a digest of it too. What has no name is one row of `<none>`. */
export function imageRows(
  context: CommandContext,
  images: readonly ImageSummary[],
  options: { readonly full: boolean; readonly digests: boolean },
): Row[] {
  return images.flatMap((image) =>
    namesOf(image, options.digests).map((name) => imageRow(context, image, name, options.full)),
  );
}

interface Name {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

function namesOf(image: ImageSummary, digests: boolean): readonly Name[] {
  const tags = (image.RepoTags ?? []).filter((tag) => tag !== `${NONE}:${NONE}`).map(splitTag);
  const known = (image.RepoDigests ?? []).filter((digest) => digest !== `${NONE}@${NONE}`).map(splitDigest);
  const repositories = new Set([...tags, ...known].map(({ repository }) => repository));
  const names = [...repositories].flatMap((repository): readonly Name[] => {
    const own = tags.filter((tag) => tag.repository === repository).map(({ tag }) => tag);
    const ownDigests = known.filter((digest) => digest.repository === repository).map(({ digest }) => digest);
    if (!digests && own.length > 0) return own.map((tag) => ({ repository, tag, digest: NONE }));
    const rows = own.length === 0 ? [NONE] : own;
    return rows.flatMap((tag) =>
      (ownDigests.length === 0 ? [NONE] : ownDigests).map((digest) => ({ repository, tag, digest })),
    );
  });
  return names.length === 0 ? [{ repository: NONE, tag: NONE, digest: NONE }] : names;
}

function splitTag(text: string): { repository: string; tag: string } {
  const colon = text.lastIndexOf(":");
  return { repository: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function splitDigest(text: string): { repository: string; digest: string } {
  const at = text.indexOf("@");
  return { repository: text.slice(0, at), digest: text.slice(at + 1) };
}

function imageRow(context: CommandContext, image: ImageSummary, name: Name, full: boolean): Row {
  const { Containers: containers = -1, SharedSize: shared = -1 } = image;
  return {
    ID: full ? image.Id : shortId(image.Id),
    Repository: name.repository,
    Tag: name.tag,
    Digest: name.digest,
    CreatedSince: ago(image.Created, context.now()),
    CreatedAt: goTime(image.Created),
    Size: humanSizeShort(image.Size),
    Containers: containers === -1 ? "N/A" : String(containers),
    VirtualSize: humanSize(image.Size),
    SharedSize: shared === -1 ? "N/A" : humanSize(shared),
    UniqueSize: shared === -1 ? "N/A" : humanSize(image.Size - shared),
  };
}
