import { splitReference } from "../client/reference.ts";

/** An image's name, taken apart and made whole: `busybox` is docker.io/library/busybox. */
export interface ImageName {
  /** `docker.io/library/busybox`: for the engine. */
  readonly repository: string;
  /** `busybox`: for people. */
  readonly familiar: string;
  /** A tag, or a digest; undefined where the name has neither. */
  readonly tag: string | undefined;
}

const HUB = "docker.io";
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[\da-fA-F:]+\])(?::\d+)?$/;
const TAG = /^(?:\w[\w.-]{0,127}|[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[\da-fA-F]{32,})$/;

/** distribution's reference grammar, normalized as docker does. @throws Error in docker's words. */
export function parseImageName(text: string): ImageName {
  const { name, tag } = splitReference(text);
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const host = !hasHost || first === "index.docker.io" ? HUB : first;
  const rest = hasHost ? name.slice(slash + 1) : name;
  if (rest !== rest.toLowerCase())
    throw new Error(
      `invalid reference format: repository name (${host === HUB && !rest.includes("/") ? `library/${rest}` : rest}) must be lowercase`,
    );
  if (!PATH.test(rest) || !HOST.test(host) || (tag !== undefined && !TAG.test(tag)))
    throw new Error("invalid reference format");
  const path = host === HUB && !rest.includes("/") ? `library/${rest}` : rest;
  const familiar = host === HUB ? path.replace(/^library\/(?=[^/]+$)/, "") : `${host}/${path}`;
  return { repository: `${host}/${path}`, familiar, tag };
}

/** @throws Error as `parseImageName` does, for what is no id of an image either. */
export function checkImage(text: string): void {
  if (!/^(sha256:)?[\da-f]{64}$/.test(text)) parseImageName(text);
}

/** `busybox:latest`, `busybox@sha256:…` */
export function withTag(name: string, tag: string): string {
  return tag.includes(":") ? `${name}@${tag}` : `${name}:${tag}`;
}
