import { EngineError } from "../base/errors.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { member, refusal } from "./registry-error.ts";

/** What the user gave (X-Registry-Auth). */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  /** A refresh token (OAuth 2). */
  readonly identityToken?: string;
  /** A bearer token to send as it is. */
  readonly registryToken?: string;
}

/** Sends a request to the token server, without following redirects and without credentials of the registry. */
export type SendTokenRequest = (
  url: URL,
  request: { readonly method: "GET" | "POST"; readonly headers: Record<string, string>; readonly body?: string },
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>;

/** Seconds; what a server that does not say means (distribution, token spec). */
const DEFAULT_LIFE_S = 60;
const EARLY_S = 5;
const CLIENT_ID = "slipway";

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Answers a registry's challenges (distribution, "Token Authentication Specification"; RFC 7617) and remembers the tokens
 * by realm, service and scope while they live. Belongs to one registry and one user.
 */
export class Authorization {
  readonly #credentials: RegistryCredentials | undefined;
  readonly #send: SendTokenRequest;
  /** By scope: what the last challenge for it led to. */
  readonly #headers = new Map<string, Token>();
  /** The token server gave it with the last token, when asked for an offline one. */
  #refreshToken: string | undefined;

  constructor(credentials: RegistryCredentials | undefined, send: SendTokenRequest) {
    this.#credentials = credentials;
    this.#send = send;
  }

  get hasCredentials(): boolean {
    const { username = "", identityToken = "", registryToken = "" } = this.#credentials ?? {};
    return username !== "" || identityToken !== "" || registryToken !== "";
  }

  get refreshToken(): string | undefined {
    return this.#refreshToken;
  }

  /** The header to send without being asked, where one is known. */
  header(scope: string): string | undefined {
    const { registryToken } = this.#credentials ?? {};
    if (registryToken !== undefined && registryToken !== "") return `Bearer ${registryToken}`;
    const known = this.#headers.get(scope);
    return known !== undefined && known.expiresAt > Date.now() ? known.value : undefined;
  }

  /**
   * Meets the challenges of a 401. @returns false when there is nothing (more) to try.
   * @throws EngineError Unauthorized in the token server's words.
   */
  async answer(wwwAuthenticate: string, scope: string, secure: boolean, signal: AbortSignal): Promise<boolean> {
    this.#headers.delete(scope);
    for (const challenge of parseChallenges(wwwAuthenticate)) {
      const token = await this.#meet(challenge, scope, secure, signal);
      if (token === undefined) continue;
      this.#headers.set(scope, token);
      return true;
    }
    return false;
  }

  async #meet(challenge: Challenge, scope: string, secure: boolean, signal: AbortSignal): Promise<Token | undefined> {
    if (challenge.scheme === "bearer") return await this.#fetchToken(challenge, scope, secure, signal);
    const basic = challenge.scheme === "basic" ? this.#basic() : undefined;
    return basic === undefined ? undefined : { value: basic, expiresAt: Number.POSITIVE_INFINITY };
  }

  #basic(): string | undefined {
    const { username = "", password = "" } = this.#credentials ?? {};
    return username === "" ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  async #fetchToken(challenge: Challenge, scope: string, secure: boolean, signal: AbortSignal): Promise<Token> {
    const realm = realmOf(challenge, secure);
    const { service = "", scope: asked = "" } = challenge.parameters;
    const scopes = [...new Set([...scope.split(" "), ...asked.split(" ")])].filter((each) => each !== "");
    const refresh = this.#credentials?.identityToken ?? this.#refreshToken ?? "";
    const { status, body } =
      refresh === ""
        ? await this.#getToken(realm, service, scopes, signal)
        : await this.#postToken(realm, service, scopes, refresh, signal);
    if (status !== 200) throw denied(status, body, realm);
    return this.#readToken(body);
  }

  async #getToken(
    realm: URL,
    service: string,
    scopes: readonly string[],
    signal: AbortSignal,
  ): ReturnType<SendTokenRequest> {
    const url = new URL(realm);
    if (service !== "") url.searchParams.set("service", service);
    for (const scope of scopes) url.searchParams.append("scope", scope);
    const basic = this.#basic();
    if (basic !== undefined) {
      url.searchParams.set("account", this.#credentials?.username ?? "");
      url.searchParams.set("client_id", CLIENT_ID);
      url.searchParams.set("offline_token", "true");
    }
    const headers: Record<string, string> = basic === undefined ? {} : { authorization: basic };
    return await this.#send(url, { method: "GET", headers }, signal);
  }

  async #postToken(
    realm: URL,
    service: string,
    scopes: readonly string[],
    refresh: string,
    signal: AbortSignal,
  ): ReturnType<SendTokenRequest> {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refresh,
      service,
      scope: scopes.join(" "),
      client_id: CLIENT_ID,
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return await this.#send(realm, { method: "POST", headers, body: form.toString() }, signal);
  }

  #readToken(body: string): Token {
    let document: unknown;
    try {
      document = JSON.parse(body);
    } catch (cause) {
      throw new EngineError("Unavailable", "authorization server did not answer with JSON", { cause });
    }
    const value = member(document, "token") ?? member(document, "access_token");
    const life = member(document, "expires_in");
    const refresh = member(document, "refresh_token");
    // Whatever it says, it becomes a header line.
    if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
      throw new EngineError("Unavailable", "authorization server did not include a token in the response");
    }
    if (typeof refresh === "string" && refresh !== "") this.#refreshToken = refresh;
    const seconds = Math.max(typeof life === "number" ? life : DEFAULT_LIFE_S, DEFAULT_LIFE_S) - EARLY_S;
    return { value: `Bearer ${value}`, expiresAt: Date.now() + seconds * 1000 };
  }
}

/** A realm is the registry's choice: of a secure registry it must be secure too, or a password could be had in the clear. */
function realmOf({ parameters }: Challenge, secure: boolean): URL {
  const { realm = "" } = parameters;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const allowed = url !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && !secure));
  if (!allowed)
    throw new EngineError(
      "Unavailable",
      `invalid realm in the registry's challenge: ${JSON.stringify(realm.slice(0, 200))}`,
    );
  return url;
}

function denied(status: number, body: string, realm: URL): EngineError {
  const error = refusal(status, body, realm.origin);
  const wrong = status === 401 || status === 400 || status === 403;
  const text = error.codes.length > 0 ? error.message : "unauthorized: incorrect username or password";
  return wrong ? new EngineError("Unauthorized", text, { cause: error }) : error;
}
