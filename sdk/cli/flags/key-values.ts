import { readFileSync } from "node:fs";

type Environment = Readonly<Record<string, string | undefined>>;

/** `k=v` or `k` lists as an object; a key without a value is the empty string. The last of equal keys wins. */
export function keyValues(items: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    items.map((item) => {
      const equals = item.indexOf("=");
      return equals === -1 ? [item, ""] : [item.slice(0, equals), item.slice(equals + 1)];
    }),
  );
}

/**
 * `-e` flags after the lines of `--env-file`s. A name alone takes its value from here. Without one it is left out of a file, and as a flag
 * sent bare: the engine then takes the image's variable away.
 */
export function environment(files: readonly string[], flags: readonly string[], env: Environment): string[] {
  const valued = (item: string): string =>
    item.includes("=") || env[item] === undefined ? item : `${item}=${env[item]}`;
  const fromFiles = files.flatMap((file) => linesOf(file, "variable")).map(valued);
  return [...fromFiles.filter((item) => item.includes("=")), ...flags.map(valued)];
}

/** Checks one `-e`. */
export function checkVariable(item: string): void {
  if (item === "" || item.startsWith("=")) throw new Error(`invalid environment variable: ${item}`);
}

/** `--label-file`s, then `-l` flags. */
export function labels(files: readonly string[], flags: readonly string[]): Record<string, string> {
  return keyValues([...files.flatMap((file) => linesOf(file, "label")), ...flags]);
}

/** Lines of a file of `KEY=value`, without empty ones and `#` comments. @throws Error in Go's words when it cannot be read. */
function linesOf(path: string, what: string): string[] {
  const lines = readText(path)
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const name = line.split("=", 1)[0] ?? "";
    if (name === "") throw new Error(`no ${what} name on line '${line}'`);
    if (/\s/.test(name)) throw new Error(`${what} '${name}' contains whitespaces`);
  }
  return lines;
}

export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT" ? "no such file or directory" : code === "EACCES" ? "permission denied" : String(code);
    throw new Error(`open ${path}: ${reason}`, { cause: error });
  }
}
