/** Texts of the files by which a container knows names, as Docker writes them. Pure. */

const LOCALHOST = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::\tip6-localnet",
  "ff00::\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

export interface HostsInput {
  readonly hostname: string;
  readonly domainname: string;
  /** The container's own, v4 and v6; none without a network. */
  readonly addresses: readonly string[];
  /** `name:address`; `host-gateway` is the machine. */
  readonly extraHosts: readonly string[];
  /** What `host-gateway` stands for. */
  readonly hostGateway: string;
  /** Lines for links of the default bridge. */
  readonly links?: readonly string[];
  /** The machine's own file, for a container on its network. */
  readonly base?: string;
}

/** hosts(5) */
export function hostsFile(input: HostsInput): string {
  const { hostname, domainname, addresses, extraHosts, hostGateway, links = [], base } = input;
  const names = namesOf(hostname, domainname);
  const extra = extraHosts.map((entry) => {
    const { name, address } = splitExtraHost(entry);
    return `${address === "host-gateway" ? hostGateway : address}\t${name}`;
  });
  const own = hostname === "" ? [] : addresses.map((address) => `${address}\t${names}`);
  const head = base === undefined ? LOCALHOST : [base.trimEnd()];
  return `${[...head, ...extra, ...links, ...own].join("\n")}\n`;
}

function namesOf(hostname: string, domainname: string): string {
  return domainname === "" ? hostname : `${hostname}.${domainname} ${hostname}`;
}

export interface OwnHostsChange extends Pick<HostsInput, "hostname" | "domainname"> {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** hosts(5) with the lines of a container's own addresses changed, and all others as they are. */
export function changeOwnHosts(text: string, { hostname, domainname, before, after }: OwnHostsChange): string {
  const line = (address: string): string => `${address}\t${namesOf(hostname, domainname)}`;
  const gone = new Set(before.filter((address) => !after.includes(address)).map(line));
  const come = after.filter((address) => !before.includes(address)).map(line);
  if (gone.size + come.length === 0) return text;
  const kept = text.split("\n").filter((each) => !gone.has(each));
  if (kept.at(-1) === "") kept.pop();
  return `${[...kept, ...come].join("\n")}\n`;
}

/** hosts(5) with the line of a link, if it is still there, changed or (undefined) gone. A line of a link has its alias first. */
export function changeLinkHosts(text: string, alias: string, line: string | undefined): string {
  const changed = text.split("\n").flatMap((each) => {
    const [, names = ""] = each.split("\t");
    if (names.split(" ")[0] !== alias) return [each];
    return line === undefined ? [] : [line];
  });
  return changed.join("\n");
}

/** At the first sign: an IPv6 address holds more of them. */
export function splitExtraHost(entry: string): { readonly name: string; readonly address: string } {
  const sign = /[:=]/.exec(entry)?.index ?? entry.length;
  return { name: entry.slice(0, sign), address: entry.slice(sign + 1).replace(/^\[|\]$/g, "") };
}

export interface ResolvInput {
  /** Text of the machine's resolv.conf. */
  readonly machine: string;
  readonly dns: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** The container is on the machine's network, so that servers on loopback answer it too. */
  readonly hostNetwork: boolean;
  /** The container asks the name server in its sandbox, which asks further. */
  readonly embedded?: boolean;
}

/** Inside of each sandbox on a network that has names. */
const EMBEDDED_SERVER = "127.0.0.11";

/** What Docker gives to a container whose machine has only resolvers of its own. */
const PUBLIC_SERVERS = ["8.8.8.8", "8.8.4.4"];

/** resolv.conf(5) */
export function resolvFile(input: ResolvInput): string {
  const { machine, dns, search, options, hostNetwork, embedded = false } = input;
  const asked = dns.length + search.length + options.length > 0;
  if (hostNetwork && !asked) return machine;
  const found = valuesOf(machine, "nameserver").flatMap((line) => line.split(/\s+/).slice(0, 1));
  const reachable = hostNetwork ? found : found.filter((address) => !isLoopback(address));
  const upstream = dns.length > 0 ? dns : reachable.length > 0 ? reachable : PUBLIC_SERVERS;
  const servers = embedded ? [EMBEDDED_SERVER] : upstream;
  const domains =
    search.length > 0 ? search : splitLast([...valuesOf(machine, "domain"), ...valuesOf(machine, "search")]);
  const given = options.length > 0 ? options : splitLast(valuesOf(machine, "options"));
  // Names of containers have no dots: they are asked for as they are, before any search domain.
  const all = embedded && !given.some((each) => each.startsWith("ndots:")) ? [...given, "ndots:0"] : given;
  // `--dns-search .` means: none.
  const wanted = domains.filter((domain) => domain !== ".");
  return [
    ...servers.map((server) => `nameserver ${server}`),
    ...(wanted.length > 0 ? [`search ${wanted.join(" ")}`] : []),
    ...(all.length > 0 ? [`options ${all.join(" ")}`] : []),
    "",
  ].join("\n");
}

/** Only resolvers on loopback: what systemd-resolved puts there, its own servers being in another file. */
export function isStub(machine: string): boolean {
  const servers = valuesOf(machine, "nameserver");
  return servers.length > 0 && servers.every(isLoopback);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function valuesOf(text: string, keyword: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [, key, value] = /^\s*([a-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    return key === keyword && value !== undefined && value !== "" ? [value] : [];
  });
}

/** The last line of its kind holds. */
function splitLast(lines: readonly string[]): readonly string[] {
  return lines.at(-1)?.split(/\s+/) ?? [];
}
