import type { IncomingHttpHeaders } from "node:http";
import { Value } from "@sinclair/typebox/value";
import { AuthConfig } from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { Credentials } from "../../engine/services.ts";

/**
 * X-Registry-Auth: JSON in base64url, padded or not; also in the plain alphabet, as older clients have it.
 * @throws InvalidParameter for what is neither.
 */
export function registryAuth(headers: IncomingHttpHeaders): Credentials | undefined {
  const header = headers["x-registry-auth"];
  const encoded = Array.isArray(header) ? header[0] : header;
  if (encoded === undefined || encoded === "") return undefined;
  const config = parseHeader(encoded);
  const credentials = config === null ? {} : credentialsOf(config);
  return Object.values(credentials).some((each) => each !== undefined) ? credentials : undefined;
}

function parseHeader(encoded: string): AuthConfig | null {
  try {
    // Node's decoder takes both alphabets, with padding and without.
    const value: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
    if (value === null || Value.Check(AuthConfig, value)) return value;
  } catch (error) {
    throw invalid(error);
  }
  throw invalid();
}

function invalid(cause?: unknown): EngineError {
  return new EngineError("InvalidParameter", "invalid X-Registry-Auth header", { cause });
}

export function credentialsOf(config: AuthConfig): Credentials {
  const [name, password] = config.username ? [] : splitAuth(config.auth ?? "");
  return {
    username: config.username || name,
    password: config.password || password,
    identityToken: config.identitytoken || undefined,
    registryToken: config.registrytoken || undefined,
    serverAddress: config.serveraddress || undefined,
  };
}

/** `user:password` in base64; a password may hold colons. */
function splitAuth(auth: string): readonly [string?, string?] {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}
