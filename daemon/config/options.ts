import { fromAddressPools, fromRuntimes, fromUlimits } from "./file-forms.ts";

/**
 * Every option of the daemon, once: its flag, its key in daemon.json, its line in the help. Names and keys are dockerd's.
 * Values are kept as the command line writes them, one string an occurrence, whatever they came from.
 */
export interface Option {
  readonly flag: string;
  readonly short?: string;
  /** Key in daemon.json; undefined for what only the command line can say. */
  readonly key?: string;
  readonly kind: "switch" | "text" | "number" | "list";
  /** What the help calls its value. */
  readonly value?: string;
  /** undefined: left out of the help. */
  readonly help?: string;
  /** For keys whose JSON is no string, number, boolean or list of strings. */
  readonly fromFile?: (value: unknown) => readonly string[] | undefined;
  /** The only value that is taken: what dockerd can switch and we cannot. */
  readonly only?: string;
  /** Why every use is refused. */
  readonly refused?: string;
  /** Read again on SIGHUP. */
  readonly reloads?: true;
}

const NOT_SUPPORTED = "is not supported";

// prettier-ignore
export const OPTIONS = [
  { flag: "add-runtime", key: "runtimes", kind: "list", value: "NAME=PATH", help: "Register another OCI runtime", fromFile: fromRuntimes },
  { flag: "allow-plain-tcp", kind: "switch", help: "Listen on tcp without TLS off loopback: whoever reaches it is root here" },
  { flag: "authorization-plugin", key: "authorization-plugins", kind: "list", refused: NOT_SUPPORTED },
  { flag: "bip", key: "bip", kind: "text", value: "CIDR", help: "Address and network of the default bridge" },
  { flag: "bridge", short: "b", key: "bridge", kind: "text", value: "NAME", help: "Name of the default bridge (slipway0)" },
  { flag: "cgroup-parent", key: "cgroup-parent", kind: "text", value: "PATH", help: "Parent cgroup of containers" },
  { flag: "config-file", kind: "text", value: "FILE", help: "Configuration file (/etc/slipway/daemon.json)" },
  { flag: "containerd", key: "containerd", kind: "text", refused: "is not supported: there is no containerd" },
  { flag: "data-root", key: "data-root", kind: "text", value: "PATH", help: "Where images, containers and volumes are kept (/var/lib/slipway)" },
  { flag: "debug", short: "D", key: "debug", kind: "switch", help: "The same as --log-level debug", reloads: true },
  { flag: "default-address-pool", key: "default-address-pools", kind: "list", value: "base=CIDR,size=BITS", help: "Where networks get their addresses from", fromFile: fromAddressPools },
  { flag: "default-runtime", key: "default-runtime", kind: "text", value: "NAME", help: "Runtime of containers that name none (runc)" },
  { flag: "default-ulimit", key: "default-ulimits", kind: "list", value: "NAME=SOFT[:HARD]", help: "Limit of containers that set none of that name", fromFile: fromUlimits },
  { flag: "dns", key: "dns", kind: "list", value: "ADDRESS", help: "DNS server of containers" },
  { flag: "dns-opt", key: "dns-opts", kind: "list", value: "OPTION", help: "DNS option of containers" },
  { flag: "dns-search", key: "dns-search", kind: "list", value: "DOMAIN", help: "DNS search domain of containers" },
  { flag: "exec-opt", key: "exec-opts", kind: "list", value: "KEY=VALUE", help: "native.cgroupdriver=cgroupfs or systemd" },
  { flag: "exec-root", key: "exec-root", kind: "text", value: "PATH", help: "Where the state of what runs is kept (/run/slipway)" },
  { flag: "experimental", key: "experimental", kind: "switch", only: "false" },
  { flag: "firewall-respect", key: "firewall-respect", kind: "switch", help: "Published ports are subject to the host's input rules" },
  { flag: "group", short: "G", key: "group", kind: "text", value: "GROUP", help: "Group of the unix socket (slipway, where there is one)" },
  { flag: "help", short: "h", kind: "switch", help: "Show this help" },
  { flag: "host", short: "H", key: "hosts", kind: "list", value: "URL", help: "Listen on unix://PATH, tcp://ADDRESS:PORT or fd:// (unix:///run/slipway/slipway.sock)" },
  { flag: "icc", key: "icc", kind: "switch", only: "true" },
  { flag: "init", key: "init", kind: "switch", help: "Run an init in containers that do not say" },
  { flag: "insecure-registry", key: "insecure-registries", kind: "list", value: "HOST", help: "Registry that may have no valid certificate, or plain http", reloads: true },
  { flag: "install-systemd", kind: "switch", help: "Install, enable and print a systemd unit for this daemon, and end" },
  { flag: "ip-forward", key: "ip-forward", kind: "switch", only: "true" },
  { flag: "ip-masq", key: "ip-masq", kind: "switch", only: "true" },
  { flag: "iptables", key: "iptables", kind: "switch", only: "true" },
  { flag: "ip6tables", key: "ip6tables", kind: "switch", only: "true" },
  { flag: "ipv6", key: "ipv6", kind: "switch", only: "false" },
  { flag: "label", key: "labels", kind: "list", value: "KEY=VALUE", help: "Label of the daemon", reloads: true },
  { flag: "live-restore", key: "live-restore", kind: "switch", only: "true", help: "Containers live on without the daemon: always so" },
  { flag: "log-driver", key: "log-driver", kind: "text", only: "json-file" },
  { flag: "log-format", key: "log-format", kind: "text", value: "FORMAT", help: "text or json (text)" },
  { flag: "log-level", short: "l", key: "log-level", kind: "text", value: "LEVEL", help: "debug, info, warn, error or fatal (info)", reloads: true },
  { flag: "log-opt", key: "log-opts", kind: "list", refused: "is not supported: set it for each container", fromFile: () => [] },
  { flag: "max-concurrent-downloads", key: "max-concurrent-downloads", kind: "number", value: "N", help: "Layers of a pull at a time (3)" },
  { flag: "max-concurrent-uploads", key: "max-concurrent-uploads", kind: "number", value: "N", help: "Layers of a push at a time (5)" },
  { flag: "mtu", key: "mtu", kind: "number", value: "BYTES", help: "MTU of the default bridge (large inside, 1500 to the outside)" },
  { flag: "no-new-privileges", key: "no-new-privileges", kind: "switch", only: "false" },
  { flag: "oom-score-adjust", key: "oom-score-adjust", kind: "number", refused: NOT_SUPPORTED },
  { flag: "pidfile", short: "p", key: "pidfile", kind: "text", value: "FILE", help: "File with the daemon's pid (slipway.pid in the exec root)" },
  { flag: "registry-mirror", key: "registry-mirrors", kind: "list", value: "URL", help: "Asked before Docker Hub", reloads: true },
  { flag: "seccomp-profile", key: "seccomp-profile", kind: "text", only: "builtin" },
  { flag: "selinux-enabled", key: "selinux-enabled", kind: "switch", only: "false" },
  { flag: "shutdown-timeout", key: "shutdown-timeout", kind: "number", value: "SECONDS", help: "How long requests may go on after a stop (15)" },
  { flag: "storage-driver", short: "s", key: "storage-driver", kind: "text", value: "DRIVER", help: "overlay2, the only one" },
  { flag: "storage-opt", key: "storage-opts", kind: "list", refused: NOT_SUPPORTED },
  { flag: "swarm-default-advertise-addr", key: "swarm-default-advertise-addr", kind: "text", refused: "is not supported: there is no swarm" },
  { flag: "tls", key: "tls", kind: "switch", help: "TLS on tcp, any client" },
  { flag: "tlscacert", key: "tlscacert", kind: "text", value: "FILE", help: "Authority of clients' certificates" },
  { flag: "tlscert", key: "tlscert", kind: "text", value: "FILE", help: "Certificate of the daemon" },
  { flag: "tlskey", key: "tlskey", kind: "text", value: "FILE", help: "Its key" },
  { flag: "tlsverify", key: "tlsverify", kind: "switch", help: "TLS on tcp, only clients that the authority signed" },
  { flag: "userland-proxy", key: "userland-proxy", kind: "switch", only: "false" },
  { flag: "userns-remap", key: "userns-remap", kind: "text", refused: NOT_SUPPORTED },
  { flag: "validate", kind: "switch", help: "Check the configuration, and end" },
  { flag: "version", short: "v", kind: "switch", help: "Show the version" },
] as const satisfies readonly Option[];

export type OptionName = (typeof OPTIONS)[number]["flag"];

/** Values by flag. */
export type OptionValues = ReadonlyMap<OptionName, readonly string[]>;

export const OPTION_LIST: readonly (Option & { readonly flag: OptionName })[] = OPTIONS;
