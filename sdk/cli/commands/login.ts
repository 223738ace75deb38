/** login and logout. */
import { credentialsFor, HUB_KEY } from "../../client/credentials.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { eraseCredentials, storeCredentials, type Credentials } from "../credential-store.ts";
import { CommandFailure } from "../exit.ts";
import { readSecret } from "../stdio/read-secret.ts";
import { readLine } from "./shared.ts";

interface LoginOptions {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly "password-stdin": boolean | undefined;
}

export const login = defineCommand({
  usage: "[OPTIONS] [SERVER]",
  options: [
    { name: "password", short: "p", type: "string", help: "Password or Personal Access Token (PAT)" },
    { name: "password-stdin", type: "bool", help: "Take the Password or Personal Access Token (PAT) from stdin" },
    { name: "username", short: "u", type: "string", help: "Username" },
  ],
  args: [0, 1],
  async run(context, options, [server]) {
    const key = registryOf(server);
    const credentials = await askCredentials(context, options, key);
    const engine = await context.engine();
    const { username, password } = credentials;
    const answer = await engine.images.login({ username, password, serveraddress: key }, context.signal);
    const identityToken = answer.IdentityToken || undefined;
    const file = await storeCredentials(context, key, { username, password, identityToken });
    if (file !== undefined)
      context.warn(
        `\nWARNING! Your credentials are stored unencrypted in '${file}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
      );
    if (answer.Status) context.print(`${answer.Status}\n`);
  },
});

export const logout = defineCommand({
  usage: "[SERVER]",
  options: [],
  args: [0, 1],
  async run(context, _options, [server]) {
    const key = registryOf(server);
    context.print(`Removing login credentials for ${key}\n`);
    await eraseCredentials(context, key);
  },
});

/** The name that config.json has for a registry. */
function registryOf(server: string | undefined): string {
  const host = (server ?? "").replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
  return host === "" || host === "docker.io" || host === "index.docker.io" || host === "registry-1.docker.io"
    ? HUB_KEY
    : host;
}

async function askCredentials(context: CommandContext, options: LoginOptions, key: string): Promise<Credentials> {
  if (options["password-stdin"]) {
    if (options.password !== undefined)
      throw new CommandFailure("conflicting options: cannot specify both --password and --password-stdin");
    if (!options.username) throw new CommandFailure("the --password-stdin option requires --username to be set");
    return { username: options.username, password: await wholeInput(context) };
  }
  if (options.password !== undefined && options.username !== undefined) {
    context.warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
    return { username: options.username, password: options.password };
  }
  const kept =
    options.username === undefined
      ? await credentialsFor(key, await context.config(), { env: context.env })
      : undefined;
  if (kept?.username && kept.password) {
    context.print(`Authenticating with existing credentials... [Username: ${kept.username}]\n\n`);
    return { username: kept.username, password: kept.password };
  }
  if (!context.stdin.isTTY)
    throw new CommandFailure("Error: Cannot perform an interactive login from a non TTY device");
  const username = options.username ?? (await askUsername(context));
  return { username, password: options.password ?? (await readSecret(context, "Password: ")) };
}

async function askUsername(context: CommandContext): Promise<string> {
  context.print("Username: ");
  const username = (await readLine(context)).trim();
  if (username === "") throw new CommandFailure("Error: Non-null Username Required");
  return username;
}

/** A line end after the password is no part of it: `echo secret | slipway login --password-stdin`. */
async function wholeInput(context: CommandContext): Promise<string> {
  let text = "";
  for await (const chunk of context.stdin.setEncoding("utf8")) text += chunk as string;
  return text.replace(/\r?\n$/, "");
}
