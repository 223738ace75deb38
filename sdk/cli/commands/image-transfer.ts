/** pull, push, load, save, import: images in and out. */
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { credentialsFor, registryKey } from "../../client/credentials.ts";
import { defineCommand } from "../command.ts";
import { CommandFailure } from "../exit.ts";
import { followProgress, pullImage } from "../pull-image.ts";
import { parseImageName, withTag } from "../reference.ts";
import { writeAll } from "../stdio/relay.ts";

const PLATFORM_OPTION = {
  name: "platform",
  type: "string",
  help: "Set platform if server is multi-platform capable",
} as const;
const TRUST_OPTION = {
  name: "disable-content-trust",
  type: "bool",
  help: "Skip image verification",
  hidden: true,
} as const;

export const pull = defineCommand({
  usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
  options: [
    { name: "all-tags", short: "a", type: "bool", help: "Download all tagged images in the repository" },
    PLATFORM_OPTION,
    { name: "quiet", short: "q", type: "bool", help: "Suppress verbose output" },
    TRUST_OPTION,
  ],
  args: [1],
  async run(context, options, [image]) {
    const { repository, tag } = parseImageName(image!);
    const allTags = options["all-tags"] ?? false;
    if (allTags && tag !== undefined) throw new CommandFailure("tag can't be used with --all-tags/-a");
    if (tag === undefined && !allTags && !options.quiet) context.print("Using default tag: latest\n");
    const progress = options.quiet ? undefined : context.stdout;
    await pullImage(context, image!, { platform: options.platform, allTags, progress });
    context.print(`${allTags ? repository : withTag(repository, tag ?? "latest")}\n`);
  },
});

export const push = defineCommand({
  usage: "[OPTIONS] NAME[:TAG]",
  options: [
    { name: "all-tags", short: "a", type: "bool", help: "Push all tags of an image to the repository" },
    {
      name: "platform",
      type: "string",
      help: "Push a platform-specific manifest as a single-platform image to the registry",
    },
    { name: "quiet", short: "q", type: "bool", help: "Suppress verbose output" },
    TRUST_OPTION,
  ],
  args: [1],
  async run(context, options, [image]) {
    const { repository, familiar, tag } = parseImageName(image!);
    const allTags = options["all-tags"] ?? false;
    if (tag?.includes(":")) throw new CommandFailure("cannot push a digest reference");
    if (allTags && tag !== undefined) throw new CommandFailure("tag can't be used with --all-tags/-a");
    if (tag === undefined && !allTags && !options.quiet) context.print("Using default tag: latest\n");
    const config = await context.config();
    const auth = await credentialsFor(registryKey(repository), config, { env: context.env, signal: context.signal });
    const engine = await context.engine();
    const query = { tag: allTags ? undefined : (tag ?? "latest"), platform: options.platform };
    await followProgress(
      engine.images.push(familiar, query, auth, context.signal),
      options.quiet ? undefined : context.stdout,
    );
    if (options.quiet) context.print(`${allTags ? familiar : withTag(familiar, tag ?? "latest")}\n`);
  },
});

export const load = defineCommand({
  usage: "[OPTIONS]",
  options: [
    { name: "input", short: "i", type: "string", help: "Read from tar archive file, instead of STDIN" },
    { name: "platform", type: "string", help: "Load only the given platform variant" },
    { name: "quiet", short: "q", type: "bool", help: "Suppress the load output" },
  ],
  args: [0],
  async run(context, options) {
    if (options.input === undefined && context.stdin.isTTY)
      throw new CommandFailure("requested load from stdin, but stdin is empty");
    const archive = options.input === undefined ? context.stdin : await openFile(options.input);
    const engine = await context.engine();
    // Progress of the layers is for those who look at it.
    const quiet = options.quiet || !context.stdout.isTTY;
    const query = { quiet: quiet || undefined, platform: options.platform };
    await followProgress(engine.images.load(archive, query, context.signal), context.stdout);
  },
});

export const save = defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  options: [
    { name: "output", short: "o", type: "string", help: "Write to a file, instead of STDOUT" },
    { name: "platform", type: "string", help: "Save only the given platform variant" },
  ],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    if (options.output === undefined && context.stdout.isTTY)
      throw new CommandFailure("cowardly refusing to save to a terminal. Use the -o flag or redirect");
    const engine = await context.engine();
    const archive = await engine.images.save(names, { platform: options.platform }, context.signal);
    if (options.output !== undefined) return await writeFileWhole(options.output, archive);
    for await (const bytes of archive as AsyncIterable<Uint8Array>) await writeAll(context.stdout, bytes);
  },
});

export const importImage = defineCommand({
  usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
  options: [
    { name: "change", short: "c", type: "list", help: "Apply Dockerfile instruction to the created image" },
    { name: "message", short: "m", type: "string", help: "Set commit message for imported image" },
    PLATFORM_OPTION,
  ],
  args: [1, 2],
  async run(context, options, [source, reference]) {
    const isAddress = /^https?:\/\//.test(source!);
    const body = isAddress ? undefined : source === "-" ? context.stdin : await openFile(source!);
    const name = reference === undefined ? undefined : parseImageName(reference);
    const engine = await context.engine();
    const query = {
      fromSrc: isAddress ? source! : "-",
      repo: name?.familiar,
      tag: name?.tag,
      message: options.message,
      changes: options.change,
      platform: options.platform,
    };
    await followProgress(engine.images.import(query, body, context.signal), context.stdout);
  },
});

/** Opened before anything is sent, so that a file that is missing is told in its own words. */
async function openFile(path: string): Promise<Readable> {
  const file = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    file.once("open", () => resolve());
    file.once("error", (error: NodeJS.ErrnoException) =>
      reject(new CommandFailure(`open ${path}: ${reasonOf(error)}`)),
    );
  });
  return file;
}

/** Under its name only when it is whole: half an archive is none. */
async function writeFileWhole(path: string, source: Readable): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await pipeline(source, createWriteStream(partial, { mode: 0o600 }));
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new CommandFailure(`failed to save image: ${(cause as Error).message}`, undefined, { cause });
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such file or directory";
  return error.code === "EACCES" ? "permission denied" : error.message;
}
