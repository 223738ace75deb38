import { PatientHttp, RegistryFailure } from "./patient-http.ts";
import type { RegistryLogin } from "./registry-login.ts";

const HUB = "https://hub.docker.com";
const PAGE = 100;
const MAX_PAGES = 50;

/**
 * Repositories of an account of Docker Hub, `account/name`. Its registry has no catalogue; its own API (Docker Hub API 2-beta)
 * lists what belongs to somebody.
 * @throws RegistryFailure
 */
export async function hubRepositories(login: RegistryLogin | undefined, hub = HUB): Promise<readonly string[]> {
  if (login === undefined)
    throw new RegistryFailure(
      "Docker Hub lists repositories of an account alone: connect it with your name and a token",
    );
  const http = new PatientHttp("Docker Hub");
  const headers = { authorization: `Bearer ${await token(http, login, hub)}` };
  const found: string[] = [];
  let next: string | undefined =
    `${hub}/v2/namespaces/${encodeURIComponent(login.username)}/repositories?page_size=${PAGE}`;
  for (let page = 0; next !== undefined && page < MAX_PAGES; page++) {
    const response: Response = await http.send(next, { headers });
    if (!response.ok) throw await http.refusal(response, login.username);
    const body = (await http.json(response)) as { results?: unknown; next?: unknown } | null;
    if (!Array.isArray(body?.results)) throw http.rubbish("no list of repositories");
    for (const { namespace, name } of body.results as { namespace?: unknown; name?: unknown }[])
      if (typeof name === "string") found.push(`${typeof namespace === "string" ? namespace : login.username}/${name}`);
    next = onSameHost(body.next, hub);
  }
  return found;
}

async function token(http: PatientHttp, { username, password }: RegistryLogin, hub: string): Promise<string> {
  const response = await http.send(`${hub}/v2/users/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  if (!response.ok) throw await http.refusal(response, username);
  const body = (await http.json(response)) as { token?: unknown } | null;
  if (typeof body?.token !== "string") throw http.rubbish("no token");
  return body.token;
}

/** A link may not lead the token elsewhere. */
function onSameHost(link: unknown, hub: string): string | undefined {
  if (typeof link !== "string" || !URL.canParse(link, hub)) return undefined;
  const url = new URL(link, hub);
  return url.host === new URL(hub).host ? `${hub}${url.pathname}${url.search}` : undefined;
}
