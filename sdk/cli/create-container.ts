import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { ApiClient } from "../client/api/api-client.ts";
import { compareApiVersions } from "../engine/api-version.ts";
import { ImageNotFound, NotFound } from "../transport/errors.ts";
import type { ContainerCreateBody } from "../contract/index.ts";
import type { CommandContext } from "./context.ts";
import { CommandFailure, EXIT } from "./exit.ts";
import { createBody, type CreateOptions } from "./flags/create-body.ts";
import { checkImage, parseImageName, withTag } from "./reference.ts";

const PULL_POLICIES = ["always", "missing", "never", ""];

/** The streams that `-a` asks for, or docker's choice: both outputs, and the input with `-i`. */
export function attachedStreams(options: CreateOptions): ReadonlySet<string> {
  const asked = options.attach.map((name) => name.toLowerCase());
  const outputs = asked.length > 0 ? asked : ["stdout", "stderr"];
  return new Set(options.interactive ? ["stdin", ...outputs] : outputs);
}

/**
 * Makes the container of a command line: pulls its image as `--pull` says, writes `--cidfile`, tells warnings. Resolves to its id.
 * @throws CommandFailure 125 for flags that cannot be; SlipwayError by the engine's answer.
 */
export async function createContainer(
  context: CommandContext,
  options: CreateOptions,
  words: readonly string[],
  attach: ReadonlySet<string>,
): Promise<string> {
  const [image = "", ...command] = words;
  const policy = options.pull ?? "missing";
  if (!PULL_POLICIES.includes(policy))
    throw new CommandFailure(
      `invalid pull option: '${policy}': must be one of "always", "missing" or "never"`,
      EXIT.usage,
    );
  const surroundings = { env: context.env, folder: context.folder };
  const made = withConsoleSize(createBody(options, image, command, attach, surroundings), context);
  const body = withProxies(made, (await context.config()).proxies?.["default"]);
  checkImage(image);
  if (options.cidfile && existsSync(options.cidfile))
    throw new Error(
      `container ID file found, make sure the other container isn't running or delete ${options.cidfile}`,
    );
  const pull = async (): Promise<void> => {
    // Loaded when an image is missing, for most are there.
    const { pullImage } = await import("./pull-image.ts");
    const progress = options.quiet ? undefined : context.stderr;
    await pullImage(context, image, { platform: options.platform, progress });
  };
  if (policy === "always") await pull();
  const id = await createOrPull(
    context,
    options,
    body,
    image,
    policy === "missing" || policy === "" ? pull : undefined,
  );
  if (options.cidfile) writeCidFile(options.cidfile, id);
  return id;
}

async function createOrPull(
  context: CommandContext,
  options: CreateOptions,
  body: ContainerCreateBody,
  image: string,
  pull: (() => Promise<void>) | undefined,
): Promise<string> {
  const engine = await context.engine();
  const create = async (): Promise<string> => {
    const query = { name: options.name, platform: options.platform };
    const { Id, Warnings } = await engine.containers.create(forEngine(body, options, engine), query, context.signal);
    for (const warning of Warnings ?? []) context.warn(`WARNING: ${warning}\n`);
    return Id;
  };
  try {
    return await create();
  } catch (error) {
    // A 404 may also be about a network or a container that is referred to: only a missing image can be pulled.
    if (pull === undefined || !isImageMissing(error)) throw error;
    const { familiar, tag = "latest" } = parseImageName(image);
    if (!options.quiet) context.warn(`Unable to find image '${withTag(familiar, tag)}' locally\n`);
    await pull();
    return await create();
  }
}

function isImageMissing(error: unknown): boolean {
  return error instanceof ImageNotFound || (error instanceof NotFound && /no such image/i.test(error.message));
}

/** Engines before 1.44 know the address of the container, and not of its endpoint. */
function forEngine(body: ContainerCreateBody, options: CreateOptions, engine: ApiClient): ContainerCreateBody {
  const isOld = compareApiVersions(engine.apiVersion, "1.44") < 0;
  return isOld && options["mac-address"] ? { ...body, MacAddress: options["mac-address"] } : body;
}

/** The size that the terminal of the container begins with. */
function withConsoleSize(body: ContainerCreateBody, { stdout }: CommandContext): ContainerCreateBody {
  if (!body.Tty || !stdout.isTTY) return body;
  return { ...body, HostConfig: { ...body.HostConfig, ConsoleSize: [stdout.rows ?? 0, stdout.columns ?? 0] } };
}

/** config.json's `proxies.default` and the variables that it stands for, in both spellings. */
const PROXY_VARIABLES = {
  httpProxy: "HTTP_PROXY",
  httpsProxy: "HTTPS_PROXY",
  noProxy: "NO_PROXY",
  ftpProxy: "FTP_PROXY",
  allProxy: "ALL_PROXY",
} as const;

/** The proxies that the user wants in every container; what the command line sets counts more. */
function withProxies(
  body: ContainerCreateBody,
  proxies: Readonly<Record<string, string>> | undefined,
): ContainerCreateBody {
  const given = new Set((body.Env ?? []).map((item) => item.split("=", 1)[0]));
  const added = Object.entries(PROXY_VARIABLES).flatMap(([key, upper]) => {
    const value = proxies?.[key];
    return value
      ? [upper, upper.toLowerCase()].filter((name) => !given.has(name)).map((name) => `${name}=${value}`)
      : [];
  });
  return added.length === 0 ? body : { ...body, Env: [...(body.Env ?? []), ...added] };
}

function writeCidFile(path: string, id: string): void {
  try {
    writeFileSync(path, id, { flag: "wx" });
  } catch (cause) {
    rmSync(path, { force: true });
    throw new Error(`failed to write the container ID to the file: ${(cause as Error).message}`, { cause });
  }
}
