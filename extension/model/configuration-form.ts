import { parsePort, parseRestart, parseVolume } from "./container-notation.ts";
import type { RunConfiguration } from "./run-configuration.ts";
import { parseSize } from "./sizes.ts";
import type { Translate } from "./translate.ts";

/** A run configuration as the form's fields have it: texts, lists one a line. */
export type FormFields = Readonly<Record<FieldName, string>> & {
  readonly remove: boolean;
  readonly interactive: boolean;
};

export const FIELD_NAMES = [
  ...([
    "name",
    "image",
    "containerName",
    "command",
    "entrypoint",
    "ports",
    "volumes",
    "env",
    "envFiles",
    "user",
  ] as const),
  ...(["workingDir", "network", "memory", "cpus", "pids", "restart", "readyPort", "readyLog", "readyTimeout"] as const),
] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

export function formFields(configuration: Partial<RunConfiguration>): FormFields {
  const { limits, ready } = configuration;
  const words = (given: string | readonly string[] | undefined): string =>
    typeof given === "string" ? given : (given ?? []).map(quoted).join(" ");
  const lines = (given: readonly (string | number)[] | undefined): string => (given ?? []).join("\n");
  return {
    name: configuration.name ?? "",
    image: configuration.image ?? "",
    containerName: configuration.containerName ?? "",
    command: words(configuration.command),
    entrypoint: words(configuration.entrypoint),
    ports: lines(configuration.ports),
    volumes: lines(configuration.volumes),
    env: Object.entries(configuration.env ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join("\n"),
    envFiles: lines(configuration.envFiles),
    user: configuration.user ?? "",
    workingDir: configuration.workingDir ?? "",
    network: configuration.network ?? "",
    memory: limits?.memory ?? "",
    cpus: String(limits?.cpus ?? ""),
    pids: String(limits?.pids ?? ""),
    restart: configuration.restart ?? "",
    readyPort: String(ready?.port ?? ""),
    readyLog: ready?.log ?? "",
    readyTimeout: String(ready?.timeoutSeconds ?? ""),
    remove: configuration.remove ?? false,
    interactive: configuration.interactive ?? false,
  };
}

const quoted = (word: string): string => (/^[^\s'"\\]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
const list = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What the fields mean; only what was filled in. @param before what the form does not show is kept from it */
export function configurationOf(fields: FormFields, before: Partial<RunConfiguration> = {}): RunConfiguration {
  const limits = omitEmpty({ memory: fields.memory.trim(), cpus: numeric(fields.cpus), pids: numeric(fields.pids) });
  const ready = omitEmpty({
    port: numeric(fields.readyPort),
    log: fields.readyLog,
    timeoutSeconds: numeric(fields.readyTimeout),
  });
  const env = Object.fromEntries(
    list(fields.env).map((line) => {
      const equals = line.indexOf("=");
      return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
  return {
    name: fields.name.trim(),
    image: fields.image.trim(),
    ...omitEmpty({
      containerName: fields.containerName.trim(),
      command: fields.command.trim(),
      entrypoint: fields.entrypoint.trim(),
      ports: list(fields.ports),
      volumes: list(fields.volumes),
      env,
      envFiles: list(fields.envFiles),
      user: fields.user.trim(),
      workingDir: fields.workingDir.trim(),
      network: fields.network.trim(),
      limits,
      restart: fields.restart,
      remove: fields.remove,
      interactive: fields.interactive,
      labels: before.labels,
      ready,
    }),
  };
}

function numeric(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}

/** Without what is empty: nothing in the file that nobody wrote. */
function omitEmpty<T extends object>(value: T): Partial<T> {
  const empty = (each: unknown): boolean =>
    each === undefined ||
    each === "" ||
    each === false ||
    (typeof each === "object" && each !== null && Object.keys(each).length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, each]) => !empty(each))) as Partial<T>;
}

/** A sentence for each field that cannot be taken. */
export function fieldProblems(fields: FormFields, t: Translate): Partial<Record<FieldName, string>> {
  const problems: Partial<Record<FieldName, string>> = {};
  const trying = (name: FieldName, check: () => unknown): void => {
    try {
      check();
    } catch (error) {
      problems[name] = (error as Error).message;
    }
  };
  if (fields.name.trim() === "") problems.name = t("A name is needed.");
  if (fields.image.trim() === "") problems.image = t("An image is needed.");
  trying("ports", () => list(fields.ports).forEach((port) => parsePort(port)));
  trying("volumes", () => list(fields.volumes).forEach((volume) => parseVolume(volume, (path) => path)));
  trying("restart", () => fields.restart !== "" && parseRestart(fields.restart));
  trying("readyLog", () => new RegExp(fields.readyLog));
  if (fields.memory !== "" && parseSize(fields.memory) === undefined) problems.memory = t("A size like 512m or 2g.");
  if (list(fields.env).some((line) => !/^[^=\s]+=/.test(line))) problems.env = t("One NAME=value a line.");
  for (const name of ["cpus", "pids", "readyPort", "readyTimeout"] as const)
    if (fields[name].trim() !== "" && !(Number(fields[name]) > 0)) problems[name] = t("A number above 0.");
  if (fields.restart !== "" && fields.restart !== "no" && fields.remove)
    problems.restart = t("A container that is removed when it ends cannot be restarted.");
  return problems;
}
