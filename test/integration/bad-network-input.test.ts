/** What is wrong with networks, ports and mounts is told at once: a clear 4xx, and nothing half made, in the kernel neither. */
import { engineState, itRefuses, type Refusal } from "../support/refusals.ts";
import { TestDaemon } from "../support/daemon.ts";
import type { ApiRequest } from "../support/http.ts";

const CREATE = "/containers/create?name=bad";
const network = (more: object): ApiRequest => ({ body: { Name: "bad", ...more } });
const subnet = (...configs: readonly object[]): ApiRequest => network({ IPAM: { Config: configs } });
const container = (more: object): ApiRequest => ({ body: { Image: "busybox", ...more } });
const host = (HostConfig: object, more: object = {}): ApiRequest => container({ ...more, HostConfig });
const published = (port: string, ...bindings: readonly object[]): ApiRequest =>
  host({ PortBindings: { [port]: bindings } });
const mount = (more: object): ApiRequest => host({ Mounts: [{ Type: "volume", Target: "/m", ...more }] });
const endpoint = (name: string, settings: object): ApiRequest =>
  host({ NetworkMode: name }, { NetworkingConfig: { EndpointsConfig: { [name]: settings } } });

const NETWORKS: readonly Refusal[] = [
  [
    "a name that is taken",
    "POST",
    "/networks/create",
    { body: { Name: "taken" } },
    409,
    /network with name taken already exists/,
  ],
  ["a name with a slash", "POST", "/networks/create", { body: { Name: "../x" } }, 400, /invalid network name/],
  [
    "a subnet inside another's",
    "POST",
    "/networks/create",
    subnet({ Subnet: "10.77.0.0/28" }),
    403,
    /Pool overlaps with other one on this address space/,
  ],
  [
    "a subnet around another's",
    "POST",
    "/networks/create",
    subnet({ Subnet: "10.0.0.0/8" }),
    403,
    /Pool overlaps with other one on this address space/,
  ],
  [
    "two subnets of one family",
    "POST",
    "/networks/create",
    subnet({ Subnet: "10.78.0.0/24" }, { Subnet: "10.79.0.0/24" }),
    400,
    /doesn't support multiple subnets of one address family/,
  ],
  [
    "two subnets that overlap",
    "POST",
    "/networks/create",
    {
      body: {
        Name: "bad",
        Driver: "macvlan",
        IPAM: { Config: [{ Subnet: "10.78.0.0/24" }, { Subnet: "10.78.0.0/28" }] },
      },
    },
    403,
    /Pool overlaps with other one on this address space/,
  ],
  ["a subnet that is none", "POST", "/networks/create", subnet({ Subnet: "10.78.0/99" }), 400, /invalid subnet/],
  [
    "a gateway outside",
    "POST",
    "/networks/create",
    subnet({ Subnet: "10.78.0.0/24", Gateway: "10.79.0.1" }),
    400,
    /invalid gateway 10\.79\.0\.1/,
  ],
  [
    "a range outside",
    "POST",
    "/networks/create",
    subnet({ Subnet: "10.78.0.0/24", IPRange: "10.79.0.0/28" }),
    400,
    /invalid ip-range/,
  ],
  [
    "an auxiliary address outside",
    "POST",
    "/networks/create",
    subnet({ Subnet: "10.78.0.0/24", AuxiliaryAddresses: { a: "10.79.0.9" } }),
    400,
    /auxiliary/i,
  ],
  [
    "a driver that there is not",
    "POST",
    "/networks/create",
    network({ Driver: "weave" }),
    404,
    /plugin "weave" not found/,
  ],
  ["a MAC address that is none", "POST", CREATE, endpoint("taken", { MacAddress: "zz" }), 400, /invalid MAC/i],
  [
    "an address outside the subnet",
    "POST",
    "/networks/taken/connect",
    { body: { Container: "user", EndpointConfig: { IPAMConfig: { IPv4Address: "10.78.0.9" } } } },
    400,
    /./,
  ],
  [
    "an address that is none",
    "POST",
    "/networks/taken/connect",
    { body: { Container: "user", EndpointConfig: { IPAMConfig: { IPv4Address: "10.77.0.999" } } } },
    400,
    /invalid/,
  ],
  [
    "a connect of no container",
    "POST",
    "/networks/taken/connect",
    { body: { Container: "nosuch" } },
    404,
    /No such container: nosuch/,
  ],
  [
    "a connect to no network",
    "POST",
    "/networks/nosuch/connect",
    { body: { Container: "user" } },
    404,
    /network nosuch not found/,
  ],
  [
    "a second connect",
    "POST",
    "/networks/used/connect",
    { body: { Container: "user" } },
    403,
    /endpoint with name user already exists in network used/,
  ],
  [
    "a disconnect of what is not connected",
    "POST",
    "/networks/taken/disconnect",
    { body: { Container: "user" } },
    404,
    /is not connected to (the )?network taken/,
  ],
  [
    "the host's network for a container that has others",
    "POST",
    "/networks/host/connect",
    { body: { Container: "user" } },
    403,
    /cannot connect container to host network/,
  ],
  ["removal of a network in use", "DELETE", "/networks/used", {}, 403, /has active endpoints/],
  [
    "removal of a predefined one",
    "DELETE",
    "/networks/bridge",
    {},
    403,
    /bridge is a pre-defined network and cannot be removed/,
  ],
  ["a DNS server that is no address", "POST", CREATE, host({ Dns: ["example"] }), 400, /example/],
  ["an extra host without an address", "POST", CREATE, host({ ExtraHosts: ["noaddress"] }), 400, /noaddress/],
  ["a link to itself", "POST", CREATE, host({ Links: ["bad:db"] }), 400, /could not get container for bad/],
  [
    "an alias on the default bridge",
    "POST",
    CREATE,
    endpoint("bridge", { Aliases: ["x"] }),
    400,
    /network-scoped alias is supported only for containers in user defined networks/,
  ],
];

const PORTS: readonly Refusal[] = [
  ["a host port beyond 65535", "POST", CREATE, published("80/tcp", { HostPort: "70000" }), 400, /invalid.*port/i],
  ["a negative host port", "POST", CREATE, published("80/tcp", { HostPort: "-1" }), 400, /invalid.*port/i],
  ["a container port beyond 65535", "POST", CREATE, published("70000/tcp", { HostPort: "80" }), 400, /invalid.*port/i],
  ["a protocol that there is not", "POST", CREATE, published("80/icmp", { HostPort: "80" }), 400, /icmp/],
  ["a range backwards", "POST", CREATE, published("80/tcp", { HostPort: "90-80" }), 400, /invalid/i],
  ["a host address that is none", "POST", CREATE, published("80/tcp", { HostIp: "300.0.0.1" }), 400, /invalid/i],
  ["an exposed port that is none", "POST", CREATE, container({ ExposedPorts: { "x/tcp": {} } }), 400, /invalid/i],
  [
    "ports of another container's network",
    "POST",
    CREATE,
    host({ NetworkMode: "container:user", PortBindings: { "80/tcp": [{}] } }),
    400,
    /conflicting options: port publishing and the container type network mode/,
  ],
];

const MOUNTS: readonly Refusal[] = [
  [
    "a bind of a missing path",
    "POST",
    CREATE,
    mount({ Type: "bind", Source: "/no/such" }),
    400,
    /bind source path does not exist: \/no\/such/,
  ],
  [
    "a bind of a relative path",
    "POST",
    CREATE,
    mount({ Type: "bind", Source: "no" }),
    400,
    /mount path must be absolute/,
  ],
  [
    "a target that is relative",
    "POST",
    CREATE,
    mount({ Source: "data", Target: "m" }),
    400,
    /mount path must be absolute/,
  ],
  ["the root as a target", "POST", CREATE, mount({ Source: "data", Target: "/" }), 400, /destination can't be '\/'/],
  [
    "two mounts on one target",
    "POST",
    CREATE,
    host({ Binds: ["data:/m", "/tmp:/m"] }),
    400,
    /Duplicate mount point: \/m/,
  ],
  [
    "a volume name that climbs",
    "POST",
    "/volumes/create",
    { body: { Name: "../x" } },
    400,
    /includes invalid characters for a local volume name/,
  ],
  ["a mount of a volume that climbs", "POST", CREATE, mount({ Source: "../x" }), 400, /invalid/],
  [
    "a subpath that climbs",
    "POST",
    CREATE,
    mount({ Source: "data", VolumeOptions: { Subpath: "../x" } }),
    400,
    /subpath/i,
  ],
  [
    "an absolute subpath",
    "POST",
    CREATE,
    mount({ Source: "data", VolumeOptions: { Subpath: "/etc" } }),
    400,
    /subpath/i,
  ],
  ["a mount of no known type", "POST", CREATE, mount({ Type: "x" }), 400, /mount type unknown/],
  ["volumes of no container", "POST", CREATE, host({ VolumesFrom: ["nosuch"] }), 400, /No such container: nosuch/],
  [
    "volumes of a container in no known mode",
    "POST",
    CREATE,
    host({ VolumesFrom: ["user:x"] }),
    400,
    /invalid mode: x/,
  ],
  [
    "a volume driver that there is not",
    "POST",
    "/volumes/create",
    { body: { Name: "bad", Driver: "nosuch" } },
    404,
    /plugin "nosuch" not found/,
  ],
  ["removal of a volume in use", "DELETE", "/volumes/data", {}, 409, /volume is in use/],
];

describe("bad input of networks, ports and mounts", function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
    await daemon.call("POST", "/networks/create", {
      body: { Name: "taken", IPAM: { Config: [{ Subnet: "10.77.0.0/24" }] } },
    });
    await daemon.call("POST", "/networks/create", { body: { Name: "used" } });
    await daemon.call("POST", "/volumes/create", { body: { Name: "data" } });
    const user = { NetworkMode: "used", Binds: ["data:/data"] };
    await daemon.call("POST", "/containers/create?name=user", {
      body: { Image: "busybox", Cmd: ["sleep", "1000"], HostConfig: user },
    });
    await daemon.call("POST", "/containers/user/start");
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  const everything = async (of: TestDaemon): Promise<unknown> => [
    await engineState(of),
    await of.inNetns("ip", "-br", "link"),
    await of.inNetns("nft", "list", "ruleset"),
  ];
  for (const [title, refusals] of Object.entries({ networks: NETWORKS, ports: PORTS, mounts: MOUNTS }))
    describe(title, () => itRefuses(() => daemon, refusals, everything));
});
