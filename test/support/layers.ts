/**
 * The arrows between the rooms (ARCHITECTURE.md, "Rooms"). A room may import itself and what its row names; a row names
 * rooms by their folder, and everything else by the specifier.
 */
import type { Import } from "./source-tree.ts";

const STORES = ["registry", "build", "content", "snapshots", "metadata", "runtime", "network", "volumes"] as const;
const LEAVES = ["daemon/oci", "daemon/linux", "daemon/base"];
const NODE = "node:";

/** Longest folder first where one is inside another: the first match is the room of a file. */
const MAY_IMPORT: readonly (readonly [room: string, allowed: readonly string[]])[] = [
  ["daemon/main.ts", ["daemon", "sdk/contract", NODE]],
  ["daemon/main", ["daemon", "sdk/contract", NODE]],
  ["daemon/config", ["daemon/base", NODE]],
  [
    "daemon/api",
    ["daemon/engine", "daemon/oci", "daemon/base", "sdk/contract", "@sinclair/typebox", "find-my-way", NODE],
  ],
  ["daemon/engine", ["tar", ...STORES.map((room) => `daemon/${room}`), ...LEAVES, NODE]],
  ...STORES.map((room) => [`daemon/${room}`, [...LEAVES, "undici", "tar", "ipaddr.js", "dns-packet", NODE]] as const),
  ["daemon/linux", ["daemon/base", "koffi", NODE]],
  // The numbers of the signals are constants.
  ["daemon/oci/signals.ts", ["daemon/oci", "daemon/base", "node:os"]],
  // Pure: no file, no socket, no process.
  ["daemon/oci", ["daemon/base", "node:path", "node:crypto", "node:buffer"]],
  ["daemon/base", [NODE]],
  ["sdk/contract", ["@sinclair/typebox"]],
  ["sdk/transport", ["undici", NODE]],
  ["sdk/client", ["sdk/transport", "sdk/contract", "undici", "tar", NODE]],
  ["sdk/engine", ["sdk/client", "sdk/transport", "sdk/contract", NODE]],
  ["sdk/cli", ["sdk", NODE]],
  ["sdk", ["sdk", "@sinclair/typebox", NODE]],
  // Pages run in a browser: they share plain modules with their host, and take their controls from the toolkit.
  ["extension/webviews/client", ["extension/model", "extension/webviews", "@vscode/webview-ui-toolkit"]],
  // Tested without an editor.
  ["extension/model", ["sdk", "node:path"]],
  ["extension", ["slipway", "sdk", "vscode", NODE]],
];

const within = (path: string, room: string): boolean =>
  path === room || path.startsWith(room.endsWith(":") ? room : `${room}/`);

function roomOf(path: string): (typeof MAY_IMPORT)[number] | undefined {
  return MAY_IMPORT.find(([room]) => within(path, room));
}

/** Why an import is forbidden, as `file:line: …`, or undefined when it is not. */
export function forbidden(each: Import): string | undefined {
  const room = roomOf(each.file);
  if (room === undefined) return `${each.file}:${each.line}: belongs to no room`;
  const [name, allowed] = room;
  if (within(each.target, name) || allowed.some((other) => within(each.target, other))) return undefined;
  return `${each.file}:${each.line}: ${name} must not import ${each.target}`;
}
