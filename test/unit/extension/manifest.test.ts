import { deepEqual } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, sourceFiles } from "../../support/source-tree.ts";

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
    readonly viewsWelcome: readonly { readonly contents: string }[];
  };
}

const folder = join(ROOT, "extension");
const text = readFileSync(join(folder, "package.json"), "utf8");
const manifest = JSON.parse(text) as Manifest;
const texts = JSON.parse(readFileSync(join(folder, "package.nls.json"), "utf8")) as Record<string, string>;
const commands = new Set(manifest.contributes.commands.map(({ command }) => command));

/** Ids that the table of commands has, as its files write them. */
function registered(): readonly string[] {
  const files = sourceFiles("extension/commands").map((file) => file.text);
  const plain = files.flatMap((file) => [...file.matchAll(/id: "(slipway\.[\w.]+)"/g)].map(([, id]) => id ?? ""));
  const lives = files.flatMap((file) =>
    [...file.matchAll(/containerCommand\(\s*"(\w+)"/g)].map(([, name]) => `slipway.containers.${name}`),
  );
  const table = files.find((file) => file.includes("COMMANDS: readonly Command[]")) ?? "";
  const made = [...table.matchAll(/(filter|clearFilter|sort|thisWorkspace)Command\(\s*"(\w+)"/g)].map(
    ([, kind, name]) =>
      kind === "thisWorkspace" ? `slipway.containers.${name}` : `slipway.${name}.${kind === "sort" ? "sortBy" : kind}`,
  );
  return [...plain, ...lives, ...made].sort();
}

describe("extension manifest", () => {
  it("has the commands of the table, and no other", () => {
    deepEqual([...commands].sort(), registered());
  });

  it("calls only commands that there are, in menus and welcome texts", () => {
    const menus = Object.values(manifest.contributes.menus)
      .flat()
      .map(({ command }) => command);
    const welcomes = Object.values(texts).flatMap((each) =>
      [...each.matchAll(/command:(slipway\.[\w.]+)/g)].map(([, id]) => id ?? ""),
    );
    deepEqual(
      [...menus, ...welcomes].filter((command) => !commands.has(command)),
      [],
    );
  });

  it("has a text for every placeholder, and a placeholder for every text", () => {
    const used = [...new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key ?? ""))].sort();
    deepEqual(used, Object.keys(texts).sort());
  });

  it("names only files that there are", () => {
    const files = [...text.matchAll(/"(?:\.\/)?(media\/[\w./-]+)"/g)].map(([, path]) => path ?? "");
    deepEqual(
      files.filter((path) => !existsSync(join(folder, path))),
      [],
    );
  });
});
