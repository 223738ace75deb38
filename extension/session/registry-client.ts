import { hubRepositories } from "./hub-repositories.ts";
import { PatientHttp, RegistryFailure } from "./patient-http.ts";
import type { RegistryLogin } from "./registry-login.ts";

/** As images name it; the registry behind it has another name, and so has its page. */
export const HUB = "docker.io";
const HUB_TOO = ["hub.docker.com", "index.docker.io", "registry-1.docker.io", "docker.com"];

export function canonicalRegistry(address: string): string {
  return HUB_TOO.includes(address) ? HUB : address;
}

const MAX_PAGES = 20;
const PAGE = 500;
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Talks to one registry, the little that a tree needs: repositories, tags, digests. A token is asked for when the registry wants one, and used until it refuses it. */
export class RegistryClient {
  readonly #address: string;
  readonly #login: RegistryLogin | undefined;
  readonly #http: PatientHttp;
  #authorization: string | undefined;

  /** @param patienceMs how long one answer may take to begin, and to end */
  constructor(address: string, login?: RegistryLogin, patienceMs?: number) {
    this.#address = address;
    this.#login = login;
    this.#http = new PatientHttp(address, patienceMs);
  }

  /** @throws RegistryFailure when it is no registry, or refuses the credentials. */
  async check(): Promise<void> {
    await this.#get("/v2/");
  }

  async repositories(): Promise<readonly string[]> {
    if (this.#address === HUB) return await hubRepositories(this.#login);
    return await this.#pages(`/v2/_catalog?n=${PAGE}`, "repositories");
  }

  async tags(repository: string): Promise<readonly string[]> {
    return await this.#pages(`/v2/${repository}/tags/list?n=${PAGE}`, "tags");
  }

  /** `sha256:…` of what a tag means now. */
  async digest(repository: string, tag: string): Promise<string> {
    const response = await this.#get(`/v2/${repository}/manifests/${tag}`, "HEAD");
    const digest = response.headers.get("docker-content-digest");
    if (digest === null) throw new RegistryFailure(`${this.#address} does not tell the digest of ${repository}:${tag}`);
    return digest;
  }

  async #pages(path: string, key: "repositories" | "tags"): Promise<readonly string[]> {
    const found: string[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined && page < MAX_PAGES; page++) {
      const response = await this.#get(next);
      const body = await this.#http.json(response);
      const list: unknown = (body as Record<string, unknown> | null)?.[key];
      if (list !== null && !Array.isArray(list)) throw this.#http.rubbish(`no list of ${key}`);
      found.push(...(list ?? []).filter((each: unknown) => typeof each === "string"));
      next = this.#nextPage(response);
    }
    return found;
  }

  /** Only on this registry: a link may not lead the credentials elsewhere. */
  #nextPage(response: Response): string | undefined {
    const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
    if (link === undefined) return undefined;
    const url = new URL(link, this.#base());
    return url.host === new URL(this.#base()).host ? url.pathname + url.search : undefined;
  }

  #base(): string {
    const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(this.#address);
    return `${local ? "http" : "https"}://${this.#address === HUB ? "registry-1.docker.io" : this.#address}`;
  }

  async #get(path: string, method = "GET"): Promise<Response> {
    let response = await this.#send(path, method);
    if (response.status === 401 && (await this.#authorize(response))) response = await this.#send(path, method);
    if (response.ok) return response;
    throw await this.#http.refusal(response, this.#login?.username);
  }

  async #send(path: string, method: string): Promise<Response> {
    const headers: Record<string, string> = { accept: path.includes("/manifests/") ? MANIFESTS : "application/json" };
    if (this.#authorization !== undefined) headers["authorization"] = this.#authorization;
    return await this.#http.send(this.#base() + path, { method, headers });
  }

  /** Answers a challenge (RFC 9110, 11.6.1) with what we have. @returns whether it is worth another try */
  async #authorize(response: Response): Promise<boolean> {
    const challenge = response.headers.get("www-authenticate") ?? "";
    const basic =
      this.#login && `Basic ${Buffer.from(`${this.#login.username}:${this.#login.password}`).toString("base64")}`;
    if (/^bearer /i.test(challenge)) {
      const facts = new Map(
        [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
      );
      const token = await this.#token(facts, basic);
      this.#authorization = token && `Bearer ${token}`;
      return token !== undefined;
    }
    const tried = this.#authorization === basic;
    this.#authorization = basic;
    return basic !== undefined && !tried;
  }

  async #token(facts: ReadonlyMap<string, string>, basic: string | undefined): Promise<string | undefined> {
    const realm = facts.get("realm") ?? "";
    if (!URL.canParse(realm)) throw this.#http.rubbish("a challenge without a realm");
    const url = new URL(realm);
    for (const key of ["service", "scope"]) if (facts.has(key)) url.searchParams.set(key, facts.get(key) ?? "");
    const headers = basic === undefined ? {} : { authorization: basic };
    const response = await this.#http.send(url, { headers });
    if (!response.ok) throw await this.#http.refusal(response, this.#login?.username);
    const body = (await this.#http.json(response)) as { token?: string; access_token?: string } | null;
    return body?.token ?? body?.access_token;
  }
}
