import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { l10n } from "vscode";

export interface KnownEngine {
  /** Of the setting `slipway.engine`. */
  readonly value: string;
  readonly label: string;
  readonly description: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What can be chosen here: docker's contexts, sockets that are there, and the bundled engine. */
export async function knownEngines(env: Environment): Promise<readonly KnownEngine[]> {
  const runtime = env["XDG_RUNTIME_DIR"];
  const sockets = [
    ...(runtime ? [join(runtime, "slipway/slipway.sock")] : []),
    "/run/slipway/slipway.sock",
    "/var/run/docker.sock",
  ];
  return [
    {
      value: "auto",
      label: l10n.t("Automatic"),
      description: env["DOCKER_HOST"] ?? l10n.t("docker's context, a socket that answers, or the bundled engine"),
    },
    {
      value: "bundled",
      label: l10n.t("Bundled engine"),
      description: l10n.t("started by this extension, ends with the window"),
    },
    ...sockets
      .filter((path) => existsSync(path))
      .map((path) => ({ value: `unix://${path}`, label: `unix://${path}`, description: "" })),
    ...(await contexts(env)),
  ];
}

async function contexts(env: Environment): Promise<readonly KnownEngine[]> {
  const folder = join(env["DOCKER_CONFIG"] || join(homedir(), ".docker"), "contexts/meta");
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(names.map((name) => readContext(join(folder, name, "meta.json"))));
  return found.filter((each) => each !== undefined);
}

/** One that cannot be read is no choice. */
async function readContext(path: string): Promise<KnownEngine | undefined> {
  try {
    const meta = JSON.parse(await readFile(path, "utf8")) as {
      Name: string;
      Endpoints?: { docker?: { Host?: string } };
    };
    return {
      value: `context:${meta.Name}`,
      label: meta.Name,
      description: meta.Endpoints?.docker?.Host ?? l10n.t("docker context"),
    };
  } catch {
    return undefined;
  }
}
