import type { CommandEntry, CommandSpec } from "./command.ts";
import type { OptionSpec } from "./options.ts";

const TYPE_WORD: Readonly<Record<OptionSpec["type"], string>> = {
  bool: "",
  string: "string",
  list: "list",
  int: "int",
  number: "decimal",
  bytes: "bytes",
  duration: "duration",
};

/** `Usage:  slipway run [OPTIONS] IMAGE [COMMAND] [ARG...]` */
export function usageLine(name: string, spec: CommandSpec): string {
  return `Usage:  slipway ${name} ${spec.usage}`.trimEnd();
}

export function commandHelp(entry: CommandEntry, name: string, spec: CommandSpec): string {
  const aliases =
    entry.names.length < 2 ? "" : `\nAliases:\n  ${entry.names.map((alias) => `slipway ${alias}`).join(", ")}\n`;
  const options = spec.options.length === 0 ? "" : `\nOptions:\n${optionLines(spec.options)}`;
  return `${usageLine(name, spec)}\n\n${entry.summary}\n${aliases}${options}`;
}

export function optionLines(specs: readonly OptionSpec[]): string {
  const rows = specs
    .filter((spec) => !spec.hidden)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((spec) => {
      const word = spec.value ?? TYPE_WORD[spec.type];
      const flag = `${spec.short === undefined ? "    " : `-${spec.short}, `}--${spec.name}${word === "" ? "" : ` ${word}`}`;
      return [flag, spec.help] as const;
    });
  const width = Math.max(...rows.map(([flag]) => flag.length)) + 3;
  return rows.map(([flag, help]) => `  ${flag.padEnd(width)}${help}\n`).join("");
}

/** The help of `slipway`, or of a noun such as `slipway container`. */
export function groupHelp(
  entries: readonly CommandEntry[],
  noun: string | undefined,
  globals: readonly OptionSpec[],
): string {
  const listed = entries.flatMap((entry) => {
    const own = entry.names.find((name) => (noun === undefined ? !name.includes(" ") : name.startsWith(`${noun} `)));
    return own === undefined ? [] : [[noun === undefined ? own : own.slice(noun.length + 1), entry.summary] as const];
  });
  const nouns =
    noun !== undefined
      ? []
      : [
          ...new Set(
            entries.flatMap((entry) =>
              entry.names.filter((name) => name.includes(" ")).map((name) => name.split(" ")[0]!),
            ),
          ),
        ];
  const lines = (rows: readonly (readonly [string, string])[]): string =>
    rows.map(([name, summary]) => `  ${name.padEnd(12)}${summary}\n`).join("");
  const head =
    noun === undefined
      ? "Usage:  slipway [OPTIONS] COMMAND\n\nA container engine that a Node program can embed\n"
      : `Usage:  slipway ${noun} COMMAND\n\nManage ${noun}s\n`;
  const groups =
    nouns.length === 0
      ? ""
      : `\nManagement Commands:\n${lines(nouns.sort().map((name) => [name, `Manage ${name}${name === "system" ? "" : "s"}`] as const))}`;
  const options = noun === undefined ? `\nGlobal Options:\n${optionLines(globals)}` : "";
  const last = `\nRun 'slipway ${noun === undefined ? "" : `${noun} `}COMMAND --help' for more information on a command.\n`;
  return `${head}${groups}\nCommands:\n${lines([...listed].sort(([left], [right]) => (left < right ? -1 : 1)))}${options}${last}`;
}
