import { spawn } from "node:child_process";
import type { AuthConfig } from "../contract/index.ts";
import type { DockerConfig, StoredAuth } from "../transport/docker-config.ts";
import { InvalidParameter, SlipwayError } from "../transport/errors.ts";

/** Docker Hub under the name that config.json knows it by. */
export const HUB_KEY = "https://index.docker.io/v1/";

/** Of a helper's answer: the secret is a refresh token. */
const TOKEN_USER = "<token>";
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The registry of an image's name, as config.json names it: the part before the first slash if it looks like a host. */
export function registryKey(reference: string): string {
  const [first = "", rest] = reference.split(/\/(.*)/s);
  const isHost = rest !== undefined && (/[.:]/.test(first) || first === "localhost");
  if (!isHost || first === "docker.io" || first === "index.docker.io") return HUB_KEY;
  return first;
}

/**
 * What the user's config.json has for a registry: its own helper (`credHelpers`), else the general one (`credsStore`), else what is
 * stored in the file. Undefined when there is nothing.
 * @throws SlipwayError when a helper fails, other than by having nothing.
 */
export async function credentialsFor(
  key: string,
  config: DockerConfig,
  options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal } = {},
): Promise<AuthConfig | undefined> {
  const helper = config.credHelpers?.[key] ?? config.credsStore;
  const found = helper ? await askHelper(helper, key, options) : storedAuth(key, config.auths ?? {});
  return found && { ...found, serveraddress: key };
}

/** Entries of old clients are addresses: `https://registry.example.com/v1/`. */
function storedAuth(key: string, auths: Readonly<Record<string, StoredAuth>>): AuthConfig | undefined {
  const entry = auths[key] ?? Object.entries(auths).find(([address]) => hostOf(address) === hostOf(key))?.[1];
  if (entry === undefined) return undefined;
  const { identitytoken, registrytoken } = entry;
  const [username, password] = entry.auth ? splitAuth(entry.auth) : [entry.username, entry.password];
  if (!username && !identitytoken && !registrytoken) return undefined;
  return { username, password, identitytoken, registrytoken };
}

function splitAuth(auth: string): readonly [string, string] {
  const text = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = text.indexOf(":");
  if (colon === -1) throw new InvalidParameter("invalid auth in config.json: expected base64 of user:password");
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
}

/** `docker-credential-NAME get`: the registry on its stdin, JSON on its stdout (docker-credential-helpers, "Usage"). */
async function askHelper(
  name: string,
  key: string,
  options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal },
): Promise<AuthConfig | undefined> {
  if (!/^[\w.-]+$/.test(name))
    throw new InvalidParameter(`invalid credential helper ${JSON.stringify(name)} in config.json`);
  const program = `docker-credential-${name}`;
  const { code, stdout, stderr } = await runHelper(program, key, options);
  const said = stdout.trim() || stderr.trim();
  if (code !== 0) {
    if (/credentials not found/i.test(said)) return undefined;
    throw new SlipwayError("RegistryAuth", `${program} get ended with ${code}: ${said.slice(0, 1000)}`);
  }
  const { Username = "", Secret = "" } = JSON.parse(stdout) as { Username?: string; Secret?: string };
  if (Username === "" && Secret === "") return undefined;
  return Username === TOKEN_USER ? { identitytoken: Secret } : { username: Username, password: Secret };
}

function runHelper(
  program: string,
  input: string,
  options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal },
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], { env: options.env, signal: options.signal });
    let stdout = "";
    let stderr = "";
    child.stdout
      .setEncoding("utf8")
      .on("data", (text: string) => (stdout = (stdout + text).slice(0, MAX_ANSWER_BYTES)));
    child.stderr
      .setEncoding("utf8")
      .on("data", (text: string) => (stderr = (stderr + text).slice(0, MAX_ANSWER_BYTES)));
    child.once("error", (cause) => {
      if (options.signal?.aborted) return reject(options.signal.reason as Error);
      reject(
        new SlipwayError("RegistryAuth", `${program}, named in config.json, could not be run: ${cause.message}`, {
          cause,
        }),
      );
    });
    child.once("close", (code, killedBy) => resolve({ code: code ?? killedBy ?? "", stdout, stderr }));
    // One that ends without reading is heard by its exit.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
