import { deepEqual, throws } from "node:assert/strict";
import { parseArguments } from "../../../sdk/cli/argv.ts";
import type { OptionSpec } from "../../../sdk/cli/options.ts";

const SPECS = [
  { name: "interactive", short: "i", type: "bool", help: "" },
  { name: "tty", short: "t", type: "bool", help: "" },
  { name: "publish", short: "p", type: "list", help: "" },
  { name: "env", short: "e", type: "list", help: "" },
  { name: "name", type: "string", help: "" },
  { name: "time", type: "int", help: "" },
  { name: "memory", short: "m", type: "bytes", help: "" },
  { name: "every", type: "duration", help: "" },
  { name: "hostname", short: "h", type: "string", help: "" },
] as const satisfies readonly OptionSpec[];

/** Words, what was given (but for empty lists), and what is left. */
const READ: readonly (readonly [string, object, readonly string[]])[] = [
  ["-it x", { interactive: true, tty: true }, ["x"]],
  ["-p80:80 -p=81 -p 82 x", { publish: ["80:80", "81", "82"] }, ["x"]],
  ["-itp 80 x", { interactive: true, tty: true, publish: ["80"] }, ["x"]],
  ["-e=A=1 --env=B=2 --env C=3", { env: ["A=1", "B=2", "C=3"] }, []],
  ["--tty=false -i=true", { tty: false, interactive: true }, []],
  ["--name= x", { name: "" }, ["x"]],
  ["--time -1 --memory 64m --every 1m30s", { time: -1, memory: 67_108_864, every: 90e9 }, []],
  ["x -i y", { interactive: true }, ["x", "y"]],
  ["-i -- -t x", { interactive: true }, ["-t", "x"]],
  ["- x", {}, ["-", "x"]],
  ["-h box", { hostname: "box" }, []],
];

describe("parseArguments", () => {
  for (const [line, given, left] of READ) {
    it(`reads ${line}`, () => {
      const { options, positionals } = parseArguments(SPECS, line.split(" "));
      const set = Object.entries(options).filter(
        ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
      );
      deepEqual([Object.fromEntries(set), positionals], [given, left]);
    });
  }

  it("with stopEarly leaves all after the first word to the container", () => {
    const { options, positionals } = parseArguments(SPECS, ["-i", "image", "ls", "-t", "--name"], { stopEarly: true });
    deepEqual([options.interactive, options.tty, positionals], [true, undefined, ["image", "ls", "-t", "--name"]]);
  });

  const REFUSED: readonly (readonly [string, string])[] = [
    ["--nope", "unknown flag: --nope"],
    ["-ix", "unknown shorthand flag: 'x' in -x"],
    ["--name", "flag needs an argument: --name"],
    ["-ip", "flag needs an argument: 'p' in -p"],
    ["--time x", 'invalid argument "x" for "--time" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    ["-m 1x", 'invalid argument "1x" for "-m, --memory" flag: invalid size: \'1x\''],
    [
      "--tty=maybe",
      'invalid argument "maybe" for "-t, --tty" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ];
  for (const [line, message] of REFUSED)
    it(`refuses ${line} in pflag's words`, () => throws(() => parseArguments(SPECS, line.split(" ")), { message }));
});
