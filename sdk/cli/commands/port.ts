import { defineCommand } from "../command.ts";
import { CommandFailure } from "../exit.ts";

interface Binding {
  readonly HostIp?: string | null;
  readonly HostPort?: string | null;
}
type Bindings = Readonly<Record<string, readonly Binding[] | null | undefined>>;

export const command = defineCommand({
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  options: [],
  args: [1, 2],
  async run(context, _options, [name, asked]) {
    const engine = await context.engine();
    const { NetworkSettings } = await engine.containers.inspect(name!, {}, context.signal);
    const ports: Bindings = NetworkSettings.Ports ?? {};
    context.print(asked === undefined ? everyPort(ports) : onePort(ports, asked, name!));
  },
});

function onePort(ports: Bindings, asked: string, container: string): string {
  const [number = "", protocol = ""] = asked.split("/", 2);
  checkPort(number);
  const bindings = ports[`${Number(number)}/${protocol === "" ? "tcp" : protocol}`];
  if (bindings === undefined || bindings === null)
    throw new CommandFailure(`Error: No public port '${asked}' published for ${container}`);
  return lines(bindings.map(hostText));
}

/** In the words of Go's strconv, which docker shows. */
function checkPort(text: string): void {
  const wrong = !/^\d+$/.test(text) ? "invalid syntax" : Number(text) > 65_535 ? "value out of range" : undefined;
  if (wrong !== undefined)
    throw new CommandFailure(
      `Error: invalid port (${text}): strconv.ParseUint: parsing ${JSON.stringify(text)}: ${wrong}`,
    );
}

/** Runs of digits as numbers, all else by its code. */
function compareNatural(left: string, right: string): number {
  const parts = (text: string): readonly string[] => text.match(/\d+|\D/g) ?? [];
  const [a, b] = [parts(left), parts(right)];
  for (const [at, part] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    if (part === other) continue;
    return /\d/.test(part) && /\d/.test(other) ? Number(part) - Number(other) : part < other ? -1 : 1;
  }
  return a.length - b.length;
}

/** Sorted as people count: 80 before 443. */
function everyPort(ports: Bindings): string {
  const texts = Object.entries(ports).flatMap(([port, bindings]) =>
    (bindings ?? []).map((binding) => `${port} -> ${hostText(binding)}`),
  );
  return lines(texts.sort(compareNatural));
}

function hostText({ HostIp, HostPort }: Binding): string {
  const address = HostIp ?? "";
  return `${address.includes(":") ? `[${address}]` : address}:${HostPort ?? ""}`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
