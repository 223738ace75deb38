import { type Digest, isDigest } from "../base/digest.ts";
import { EngineError } from "../base/errors.ts";

/** A name of an image in a registry, normalised: `busybox` is `docker.io/library/busybox` (distribution/reference, reference.go). */
export interface Reference {
  /** Host, or host:port. */
  readonly domain: string;
  /** Repository inside the registry, lower case. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_DOMAIN = "docker.io";
const OFFICIAL = "library/";
/** Characters of a repository's path (distribution/reference, RepositoryNameTotalLengthMax). */
const NAME_MAX = 255;

const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const HEX64 = /^[a-f0-9]{64}$/;

/**
 * Parses a name as a user writes it: `busybox`, `localhost:5000/a/b:tag@sha256:…`.
 * @throws EngineError InvalidParameter with Docker's words.
 */
export function parseReference(text: string): Reference {
  if (HEX64.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [domain, remainder] = splitDomain(text);
  const [withoutDigest, digest] = splitDigest(remainder);
  const [path, tag] = splitTag(withoutDigest);
  if (path.toLowerCase() !== path) {
    throw invalid(`invalid reference format: repository name (${path}) must be lowercase`);
  }
  const wellFormed = DOMAIN.test(domain) && path.split("/").every((part) => COMPONENT.test(part));
  if (!wellFormed || (tag !== undefined && !TAG.test(tag))) throw invalid("invalid reference format");
  if (path.length > NAME_MAX) throw invalid(`repository name must not be more than ${NAME_MAX} characters`);
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}

/** The first part is a registry only when it looks like a host: a dot, a port, `localhost`, or upper case. */
function splitDomain(text: string): [domain: string, remainder: string] {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
  const domain = isHost ? first : DEFAULT_DOMAIN;
  const remainder = isHost ? text.slice(slash + 1) : text;
  if (domain !== DEFAULT_DOMAIN && domain !== "index.docker.io") return [domain, remainder];
  return [DEFAULT_DOMAIN, remainder.includes("/") ? remainder : OFFICIAL + remainder];
}

function splitDigest(text: string): [rest: string, digest: Digest | undefined] {
  const at = text.indexOf("@");
  if (at < 0) return [text, undefined];
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) throw invalid("invalid reference format");
  return [text.slice(0, at), digest];
}

function splitTag(text: string): [path: string, tag: string | undefined] {
  const colon = text.lastIndexOf(":");
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** `latest` where neither a tag nor a digest is named. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: "latest" } : reference;
}

/** @throws EngineError InvalidParameter with Docker's words. */
export function parseTag(text: string): string {
  if (!TAG.test(text)) throw invalid("invalid tag format");
  return text;
}

/** `docker.io/library/busybox`: the repository alone. */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/busybox:latest`, as records hold it. */
export function canonical(reference: Reference): string {
  return repositoryOf(reference) + suffix(reference);
}

/** `busybox`, `me/app`, `localhost:5000/app`: as a user sees a repository. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryOf(reference);
  const { path } = reference;
  const official = path.startsWith(OFFICIAL) && !path.slice(OFFICIAL.length).includes("/");
  return official ? path.slice(OFFICIAL.length) : path;
}

/** `busybox:latest`: as a user sees the whole reference. */
export function familiar(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

/** A canonical reference of a record, as a user sees it. */
export function familiarOf(text: string): string {
  return familiar(parseReference(text));
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}
