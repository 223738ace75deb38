import { EngineError, isKind, messageOf } from "../../base/errors.ts";
import { imagesOf, parseManifest } from "../../oci/manifest.ts";
import { CONFIG_LIMIT, parseImageConfig } from "../../oci/image-config.ts";
import { normalisePlatform, type Platform } from "../../oci/platform.ts";
import { parseReference, withDefaultTag } from "../../oci/reference.ts";
import type { FetchedManifest, RegistryClient } from "../../registry/client.ts";
import { readBytes } from "../../registry/exchange.ts";
import { Readable } from "node:stream";
import type { Registries } from "../../registry/registries.ts";
import type { Credentials, Images } from "../services.ts";
import { fetchTop } from "./resolve-manifest.ts";

/** @throws EngineError Unauthorized with the registry's words; Unavailable when it does not answer. */
export async function login(
  registries: Registries,
  credentials: Credentials,
  signal: AbortSignal,
): ReturnType<Images["login"]> {
  const domain = domainOf(credentials.serverAddress ?? "");
  const { client, authorization } = registries.open(domain, credentials);
  try {
    await client.ping(signal);
  } catch (error) {
    if (!isKind(error, "Unauthorized") && !isKind(error, "Forbidden")) throw error;
    throw new EngineError("Unauthorized", `login attempt to ${domain} failed: ${messageOf(error)}`, { cause: error });
  }
  return { status: "Login Succeeded", identityToken: authorization.refreshToken ?? "" };
}

/** `https://index.docker.io/v1/`, `localhost:5000`, `https://r.example/v2/`: the host is what counts. */
function domainOf(serverAddress: string): string {
  const host = serverAddress.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  if (host === "" || host === "index.docker.io" || host === "registry-1.docker.io") return "docker.io";
  const { domain } = parseReference(`${host}/x`);
  // A bare name without dot or port is a host here, though in a reference it would be a folder of Docker Hub.
  return domain === "docker.io" ? host : domain;
}

/** What a registry says of a reference, without pulling it. */
export async function inspectDistribution(
  registries: Registries,
  text: string,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): ReturnType<Images["distribution"]> {
  const reference = withDefaultTag(parseReference(text));
  const { client } = registries.open(reference.domain, credentials);
  const top = await fetchTop(client, reference, signal);
  const { mediaType } = parseManifest(top.bytes, top.mediaType);
  const platforms = await platformsOf(client, reference.path, top, signal);
  return { mediaType, digest: top.digest, size: top.bytes.length, platforms };
}

async function platformsOf(
  client: RegistryClient,
  path: string,
  top: FetchedManifest,
  signal: AbortSignal,
): Promise<readonly Platform[]> {
  const parsed = parseManifest(top.bytes, top.mediaType);
  if (parsed.kind === "index")
    return imagesOf(parsed).flatMap(({ platform }) => (platform === undefined ? [] : [platform]));
  const bytes = await readBytes(Readable.from(client.blob(path, parsed.config, 0, signal)), CONFIG_LIMIT);
  return [normalisePlatform(parseImageConfig(bytes))];
}
