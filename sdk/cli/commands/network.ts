/** network ls, create, rm, connect, disconnect. */
import { defineCommand } from "../command.ts";
import { settle } from "../each.ts";
import { CommandFailure } from "../exit.ts";
import { failureText } from "../failures.ts";
import { FILTER_OPTION, filtersOf } from "../flags/filters.ts";
import { ipamPools } from "../flags/ipam.ts";
import { keyValues } from "../flags/key-values.ts";
import { pairs } from "../output/container-rows.ts";
import { formatRows, type ListFormat } from "../output/formatter.ts";
import { shortId } from "../output/short-id.ts";
import { goTimeOfText } from "../output/times.ts";
import { NotFound } from "../../transport/errors.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

const FORMAT: ListFormat = {
  headers: {
    ID: "NETWORK ID",
    Name: "NAME",
    Driver: "DRIVER",
    Scope: "SCOPE",
    IPv4: "IPV4",
    IPv6: "IPV6",
    Internal: "INTERNAL",
    Labels: "LABELS",
    CreatedAt: "CREATED AT",
  },
  table: "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
  quiet: "{{.ID}}",
  raw: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
};

export const ls = defineCommand({
  usage: "[OPTIONS]",
  options: [
    FILTER_OPTION,
    LIST_FORMAT_OPTION,
    { name: "no-trunc", type: "bool", help: "Do not truncate the output" },
    { name: "quiet", short: "q", type: "bool", help: "Only display network IDs" },
  ],
  args: [0],
  async run(context, options) {
    const engine = await context.engine();
    const networks = await engine.networks.list({ filters: filtersOf(options.filter) }, context.signal);
    const byName = new Intl.Collator("en", { numeric: true });
    const rows = networks
      .sort((left, right) => byName.compare(left.Name, right.Name))
      .map((network) => ({
        ID: options["no-trunc"] ? network.Id : shortId(network.Id),
        Name: network.Name,
        Driver: network.Driver,
        Scope: network.Scope,
        IPv4: String(network.EnableIPv4 ?? false),
        IPv6: String(network.EnableIPv6 ?? false),
        Internal: String(network.Internal ?? false),
        Labels: pairs(network.Labels),
        Label: (name: unknown): string => network.Labels?.[String(name)] ?? "",
        CreatedAt: goTimeOfText(network.Created),
      }));
    context.print(formatRows(rows, FORMAT, { format: options.format, quiet: options.quiet }));
  },
});

export const create = defineCommand({
  usage: "[OPTIONS] NETWORK",
  options: [
    { name: "attachable", type: "bool", help: "Enable manual container attachment" },
    {
      name: "aux-address",
      type: "list",
      value: "map",
      help: "Auxiliary IPv4 or IPv6 addresses used by Network driver",
    },
    { name: "driver", short: "d", type: "string", help: 'Driver to manage the Network (default "bridge")' },
    { name: "gateway", type: "list", value: "strings", help: "IPv4 or IPv6 Gateway for the master subnet" },
    { name: "internal", type: "bool", help: "Restrict external access to the network" },
    { name: "ip-range", type: "list", value: "strings", help: "Allocate container ip from a sub-range" },
    { name: "ipam-driver", type: "string", help: 'IP Address Management Driver (default "default")' },
    { name: "ipam-opt", type: "list", value: "map", help: "Set IPAM driver specific options" },
    { name: "ipv4", type: "bool", help: "Enable or disable IPv4 address assignment (default true)" },
    { name: "ipv6", type: "bool", help: "Enable or disable IPv6 address assignment" },
    { name: "label", type: "list", help: "Set metadata on a network" },
    { name: "opt", short: "o", type: "list", value: "map", help: "Set driver specific options" },
    { name: "scope", type: "string", help: "Control the network's scope" },
    { name: "subnet", type: "list", value: "strings", help: "Subnet in CIDR format that represents a network segment" },
  ],
  args: [1],
  async run(context, options, [name]) {
    const engine = await context.engine();
    const answer = await engine.networks.create(
      {
        Name: name!,
        Driver: options.driver ?? "bridge",
        Scope: options.scope ?? "",
        IPAM: {
          Driver: options["ipam-driver"] ?? "default",
          Options: keyValues(options["ipam-opt"]),
          Config: ipamPools(options),
        },
        Internal: options.internal ?? false,
        Attachable: options.attachable ?? false,
        Options: keyValues(options.opt),
        Labels: keyValues(options.label),
        ...(options.ipv4 === undefined ? {} : { EnableIPv4: options.ipv4 }),
        ...(options.ipv6 === undefined ? {} : { EnableIPv6: options.ipv6 }),
      },
      context.signal,
    );
    if (answer.Warning) context.warn(`WARNING: ${answer.Warning}\n`);
    context.print(`${answer.Id}\n`);
  },
});

export const rm = defineCommand({
  usage: "NETWORK [NETWORK...]",
  options: [{ name: "force", short: "f", type: "bool", help: "Do not error if the network does not exist" }],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const engine = await context.engine();
    let failed = false;
    for (const name of names) {
      const result = await settle(engine.networks.remove(name, context.signal));
      if ("value" in result) context.print(`${name}\n`);
      else if (options.force && result.error instanceof NotFound) continue;
      else {
        context.warn(`${failureText(result.error)}\n`);
        failed = true;
      }
    }
    if (failed) throw new CommandFailure("exit status 1");
  },
});

export const connect = defineCommand({
  usage: "[OPTIONS] NETWORK CONTAINER",
  options: [
    { name: "alias", type: "list", value: "strings", help: "Add network-scoped alias for the container" },
    { name: "driver-opt", type: "list", value: "strings", help: "driver options for the network" },
    { name: "gw-priority", type: "int", help: "Highest gw-priority provides the default gateway" },
    { name: "ip", type: "string", help: 'IPv4 address (e.g., "172.30.100.104")' },
    { name: "ip6", type: "string", help: 'IPv6 address (e.g., "2001:db8::33")' },
    { name: "link", type: "list", help: "Add link to another container" },
    { name: "link-local-ip", type: "list", value: "strings", help: "Add a link-local address for the container" },
  ],
  args: [2],
  async run(context, options, [network, container]) {
    const addresses = {
      ...(options.ip ? { IPv4Address: options.ip } : {}),
      ...(options.ip6 ? { IPv6Address: options.ip6 } : {}),
      ...(options["link-local-ip"].length > 0 ? { LinkLocalIPs: [...options["link-local-ip"]] } : {}),
    };
    const EndpointConfig = {
      ...(Object.keys(addresses).length > 0 ? { IPAMConfig: addresses } : {}),
      ...(options.link.length > 0 ? { Links: [...options.link] } : {}),
      ...(options.alias.length > 0 ? { Aliases: options.alias.flatMap((list) => list.split(",")) } : {}),
      ...(options["driver-opt"].length > 0 ? { DriverOpts: keyValues(options["driver-opt"]) } : {}),
      ...(options["gw-priority"] === undefined ? {} : { GwPriority: options["gw-priority"] }),
    };
    const engine = await context.engine();
    await engine.networks.connect(network!, { Container: container!, EndpointConfig }, context.signal);
  },
});

export const disconnect = defineCommand({
  usage: "[OPTIONS] NETWORK CONTAINER",
  options: [{ name: "force", short: "f", type: "bool", help: "Force the container to disconnect from a network" }],
  args: [2],
  async run(context, options, [network, container]) {
    const engine = await context.engine();
    await engine.networks.disconnect(
      network!,
      { Container: container!, Force: options.force ?? false },
      context.signal,
    );
  },
});
