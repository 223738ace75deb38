import { spawn } from "node:child_process";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readDockerConfig, type DockerConfig } from "../transport/docker-config.ts";
import type { CommandContext } from "./context.ts";
import { CommandFailure } from "./exit.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Instead of the password, where the registry gave one. */
  readonly identityToken?: string;
}

/** Keeps credentials with the user's helper, or in config.json. Resolves to the file where they lie in the clear, if so. */
export async function storeCredentials(
  context: CommandContext,
  key: string,
  credentials: Credentials,
): Promise<string | undefined> {
  const config = await readDockerConfig(context.configFolder);
  const helper = helperOf(config, key);
  const { username, password, identityToken } = credentials;
  if (helper !== undefined) {
    const Username = identityToken ? "<token>" : username;
    await runHelper(
      context,
      helper,
      "store",
      JSON.stringify({ ServerURL: key, Username, Secret: identityToken || password }),
    );
    await changeAuths(context, (auths) => (auths[key] = {}));
    return undefined;
  }
  const auth = Buffer.from(`${username}:${identityToken ? "" : password}`).toString("base64");
  await changeAuths(
    context,
    (auths) => (auths[key] = { auth, ...(identityToken ? { identitytoken: identityToken } : {}) }),
  );
  return join(context.configFolder, "config.json");
}

/** Forgets what is kept for a registry; nothing to forget is no failure. */
export async function eraseCredentials(context: CommandContext, key: string): Promise<void> {
  const helper = helperOf(await readDockerConfig(context.configFolder), key);
  if (helper !== undefined) await runHelper(context, helper, "erase", key);
  await changeAuths(context, (auths) => delete auths[key]);
}

function helperOf(config: DockerConfig, key: string): string | undefined {
  return config.credHelpers?.[key] || config.credsStore || undefined;
}

/** Rewrites config.json with everything else kept: whole under another name first, for other clients read it meanwhile. */
async function changeAuths(context: CommandContext, change: (auths: Record<string, unknown>) => void): Promise<void> {
  const config = await readDockerConfig(context.configFolder);
  const auths: Record<string, unknown> = { ...config.auths };
  change(auths);
  const path = join(context.configFolder, "config.json");
  const next = `${path}.${process.pid}.new`;
  await mkdir(context.configFolder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(next, `${JSON.stringify({ ...config, auths }, undefined, "\t")}\n`, { mode: 0o600 });
    await chmod(next, 0o600);
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
}

async function runHelper(context: CommandContext, name: string, verb: "store" | "erase", input: string): Promise<void> {
  if (!/^[\w.-]+$/.test(name))
    throw new CommandFailure(`invalid credential helper ${JSON.stringify(name)} in config.json`);
  const program = `docker-credential-${name}`;
  const child = spawn(program, [verb], { env: context.env, signal: context.signal, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(0, 1000)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new CommandFailure(`error storing credentials: ${program}: ${cause.message}`)),
    );
    child.once("close", resolve);
  });
  if (code !== 0 && verb === "store")
    throw new CommandFailure(`error storing credentials - err: exit status ${code}, out: \`${said.trim()}\``);
}
