import { OPTION_LIST } from "./options.ts";

/** The text of `--help`. */
export function helpText(): string {
  const rows = OPTION_LIST.flatMap(({ flag, short, value, kind, help }) => {
    if (help === undefined) return [];
    const shown = `${short === undefined ? "   " : `-${short},`} --${flag}${kind === "switch" ? "" : ` ${value ?? "VALUE"}`}`;
    return [[shown, kind === "list" ? `${help}; may be repeated` : help] as const];
  });
  const width = Math.max(...rows.map(([shown]) => shown.length));
  const lines = rows.map(([shown, help]) => `  ${shown.padEnd(width)}  ${help}`);
  return `Usage: slipway daemon [OPTIONS]\n\nThe Slipway container engine. Every option but those of one run is also a key of daemon.json.\n\nOptions:\n${lines.join("\n")}\n`;
}
