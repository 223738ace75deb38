import { deepEqual } from "node:assert/strict";
import { forbidden } from "./support/layers.ts";
import { importsOf, lineOf, sourceFiles } from "./support/source-tree.ts";

const PRODUCT = ["daemon", "sdk", "extension"];
const MAX_LINES = 500;

/** `file:line` of every match of a pattern. */
function places(pattern: RegExp, ...folders: readonly string[]): readonly string[] {
  return sourceFiles(...folders).flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => `${path}:${lineOf(text, match.index)}: ${match[0].trim()}`),
  );
}

describe("layers", () => {
  for (const folder of PRODUCT) {
    it(`${folder} imports only along the arrows`, () => {
      deepEqual(
        sourceFiles(folder)
          .flatMap(importsOf)
          .map(forbidden)
          .filter((reason) => reason !== undefined),
        [],
      );
    });
  }

  const cases: readonly (readonly [file: string, target: string, allowed: boolean])[] = [
    ["daemon/api/router.ts", "daemon/engine/services.ts", true],
    ["daemon/api/router.ts", "daemon/content/content-store.ts", false],
    ["daemon/api/router.ts", "daemon/linux/mount.ts", false],
    ["daemon/content/store.ts", "daemon/snapshots/snapshotter.ts", false],
    ["daemon/content/store.ts", "daemon/engine/services.ts", false],
    ["daemon/content/store.ts", "daemon/oci/descriptor.ts", true],
    ["daemon/oci/manifest.ts", "node:fs", false],
    ["daemon/engine/x.ts", "koffi", false],
    ["daemon/base/errors.ts", "daemon/oci/descriptor.ts", false],
    ["sdk/client/images.ts", "daemon/base/errors.ts", false],
    ["sdk/contract/image.ts", "node:buffer", false],
    ["extension/extension.ts", "daemon/base/errors.ts", false],
    ["extension/extension.ts", "vscode", true],
  ];
  for (const [file, target, allowed] of cases) {
    it(`${file} → ${target} is ${allowed ? "allowed" : "refused"}`, () => {
      deepEqual(forbidden({ file, line: 1, target }) === undefined, allowed);
    });
  }
});

describe("sources", () => {
  it(`no file is longer than ${MAX_LINES} lines`, () => {
    deepEqual(
      sourceFiles(...PRODUCT, "test")
        .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
        .filter(({ lines }) => lines > MAX_LINES),
      [],
    );
  });

  it("no test is the only one", () => {
    deepEqual(places(/\b(?:describe|it|context)\.only\(/g, "test"), []);
  });

  it("no type check is switched off, and a lint rule only with its reason", () => {
    deepEqual(
      places(
        /@ts-(?:ignore|nocheck)\b|eslint-disable(?![^\n]* -- \S)[^\n]*/g,
        ...PRODUCT,
        "test/unit",
        "test/integration",
      ),
      [],
    );
  });
});
