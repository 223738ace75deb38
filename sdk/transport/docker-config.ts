import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseEndpoint, type Endpoint, type TlsMaterial } from "./endpoint.ts";
import { InvalidParameter } from "./errors.ts";

/** The part of the docker client's config.json that matters here; what else is in it is kept when it is written. */
export interface DockerConfig {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  /** Name of the helper for all registries: the program `docker-credential-NAME`. */
  readonly credsStore?: string;
  /** Registry → name of its helper. */
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly currentContext?: string;
  readonly detachKeys?: string;
  readonly HttpHeaders?: Readonly<Record<string, string>>;
  readonly psFormat?: string;
  readonly imagesFormat?: string;
  readonly proxies?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly [key: string]: unknown;
}

export interface StoredAuth {
  /** base64 of `user:password` */
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
  readonly username?: string;
  readonly password?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of config.json and the contexts: `$DOCKER_CONFIG`, or `~/.docker`. */
export function dockerConfigFolder(env: Environment): string {
  return env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker");
}

/** The parsed config.json; empty when there is none. @throws InvalidParameter when it is no JSON. */
export async function readDockerConfig(folder: string): Promise<DockerConfig> {
  const path = join(folder, "config.json");
  const text = await readIfThere(path);
  if (text === undefined || text.trim() === "") return {};
  try {
    return JSON.parse(text) as DockerConfig;
  } catch (cause) {
    throw new InvalidParameter(`error loading config file: ${path}: ${(cause as Error).message}`);
  }
}

/** A docker context as stored in `contexts/meta/<sha256 of its name>/meta.json`. */
export interface DockerContext {
  readonly name: string;
  readonly description: string;
  readonly host: string;
  readonly skipTlsVerify: boolean;
}

/** @throws InvalidParameter when there is no such context. */
export async function readContext(folder: string, name: string): Promise<DockerContext> {
  const text = await readIfThere(join(folder, "contexts", "meta", contextKey(name), "meta.json"));
  if (text === undefined) throw new InvalidParameter(`context "${name}" does not exist`);
  const meta = JSON.parse(text) as {
    Name?: string;
    Metadata?: { Description?: string };
    Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
  };
  const endpoint = meta.Endpoints?.docker ?? {};
  return {
    name: meta.Name ?? name,
    description: meta.Metadata?.Description ?? "",
    host: endpoint.Host ?? "",
    skipTlsVerify: endpoint.SkipTLSVerify ?? false,
  };
}

export function contextKey(name: string): string {
  // Not an import: it would cost every command 4 ms, and few have a context.
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(name).digest("hex");
}

/** The endpoint of a context with its certificates from `contexts/tls/<key>/docker`. */
export async function contextEndpoint(folder: string, context: DockerContext): Promise<Endpoint> {
  const tlsFolder = join(folder, "contexts", "tls", contextKey(context.name), "docker");
  const material = await readTls(tlsFolder, !context.skipTlsVerify);
  const hasTls = material.ca !== undefined || material.cert !== undefined;
  return parseEndpoint(context.host, hasTls ? material : undefined);
}

/** ca.pem, cert.pem and key.pem of a folder, those that are there. */
export async function readTls(folder: string, verify: boolean): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readIfThere(join(folder, name))),
  );
  return { ca, cert, key, verify };
}

/**
 * DOCKER_HOST with DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH, as docker reads them: any value that is not empty
 * turns verification on.
 */
export async function endpointFromEnvironment(host: string, env: Environment): Promise<Endpoint> {
  const verify = (env["DOCKER_TLS_VERIFY"] ?? "") !== "";
  if (!verify && (env["DOCKER_TLS"] ?? "") === "") return parseEndpoint(host);
  return parseEndpoint(host, await readTls(env["DOCKER_CERT_PATH"] || dockerConfigFolder(env), verify));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR")
      return undefined;
    throw error;
  }
}
