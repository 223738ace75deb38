import { isIP } from "node:net";
import type { OptionSpec } from "../options.ts";
import { parseThrottle, parseUlimit, parseWeightDevice } from "./devices.ts";
import { checkVariable } from "./key-values.ts";
import { parseMount } from "./mounts.ts";
import { checkNetwork } from "./networks.ts";

const checkMount = (value: string): unknown => parseMount(value);
const checkByteRate = (value: string): unknown => parseThrottle(value, "bytes");
const checkCount = (value: string): unknown => parseThrottle(value, "count");

function checkAddress(value: string): void {
  if (isIP(value.trim()) === 0) throw new Error(`IP address is not correctly formatted: ${value.trim()}`);
}

/** What has a namespace, and no more (docker/cli, opts.ValidateSysctl). */
const SYSCTLS = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|(net|fs\.mqueue)\..*)=/;

function checkSysctl(value: string): void {
  if (!SYSCTLS.test(value)) throw new Error(`sysctl '${value.split("=", 1)[0]}' is not allowed`);
}

function checkUint16(value: string): void {
  if (!/^\d+$/.test(value)) throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (Number(value) > 65_535)
    throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(value)}: value out of range`);
}

function checkAttach(value: string): void {
  if (!["stdin", "stdout", "stderr"].includes(value.toLowerCase()))
    throw new Error("valid streams are STDIN, STDOUT and STDERR");
}

function checkHost(value: string): void {
  if (!/^[^:=]+[:=].+/.test(value)) throw new Error(`bad format for add-host: ${JSON.stringify(value)}`);
}

/** Flags of `create`, `run` and nothing else: what a container is. Names and letters are docker's. */
export const CREATE_OPTIONS = [
  { name: "add-host", type: "list", help: "Add a custom host-to-IP mapping (host:ip)", check: checkHost },
  {
    name: "annotation",
    type: "list",
    value: "map",
    help: "Add an annotation to the container (passed through to the OCI runtime)",
  },
  { name: "attach", short: "a", type: "list", help: "Attach to STDIN, STDOUT or STDERR", check: checkAttach },
  {
    name: "blkio-weight",
    type: "int",
    help: "Block IO (relative weight), between 10 and 1000, or 0 to disable",
    check: checkUint16,
  },
  {
    name: "blkio-weight-device",
    type: "list",
    help: "Block IO weight (relative device weight)",
    check: parseWeightDevice,
  },
  { name: "cap-add", type: "list", help: "Add Linux capabilities" },
  { name: "cap-drop", type: "list", help: "Drop Linux capabilities" },
  { name: "cgroup-parent", type: "string", help: "Optional parent cgroup for the container" },
  { name: "cgroupns", type: "string", help: "Cgroup namespace to use (host|private)" },
  { name: "cidfile", type: "string", help: "Write the container ID to the file" },
  { name: "cpu-period", type: "int", help: "Limit CPU CFS (Completely Fair Scheduler) period" },
  { name: "cpu-quota", type: "int", help: "Limit CPU CFS (Completely Fair Scheduler) quota" },
  { name: "cpu-rt-period", type: "int", help: "Limit CPU real-time period in microseconds" },
  { name: "cpu-rt-runtime", type: "int", help: "Limit CPU real-time runtime in microseconds" },
  { name: "cpu-shares", short: "c", type: "int", help: "CPU shares (relative weight)" },
  { name: "cpus", type: "number", help: "Number of CPUs" },
  { name: "cpuset-cpus", type: "string", help: "CPUs in which to allow execution (0-3, 0,1)" },
  { name: "cpuset-mems", type: "string", help: "MEMs in which to allow execution (0-3, 0,1)" },
  { name: "device", type: "list", help: "Add a host device to the container" },
  { name: "device-cgroup-rule", type: "list", help: "Add a rule to the cgroup allowed devices list" },
  {
    name: "device-read-bps",
    type: "list",
    help: "Limit read rate (bytes per second) from a device",
    check: checkByteRate,
  },
  { name: "device-read-iops", type: "list", help: "Limit read rate (IO per second) from a device", check: checkCount },
  {
    name: "device-write-bps",
    type: "list",
    help: "Limit write rate (bytes per second) to a device",
    check: checkByteRate,
  },
  { name: "device-write-iops", type: "list", help: "Limit write rate (IO per second) to a device", check: checkCount },
  { name: "disable-content-trust", type: "bool", help: "Skip image verification" },
  { name: "dns", type: "list", help: "Set custom DNS servers", check: checkAddress },
  { name: "dns-option", type: "list", help: "Set DNS options" },
  { name: "dns-opt", type: "list", help: "Set DNS options" },
  { name: "dns-search", type: "list", help: "Set custom DNS search domains" },
  { name: "domainname", type: "string", help: "Container NIS domain name" },
  { name: "entrypoint", type: "string", help: "Overwrite the default ENTRYPOINT of the image" },
  { name: "env", short: "e", type: "list", help: "Set environment variables", check: checkVariable },
  { name: "env-file", type: "list", help: "Read in a file of environment variables" },
  { name: "expose", type: "list", help: "Expose a port or a range of ports" },
  {
    name: "gpus",
    type: "string",
    value: "gpu-request",
    help: "GPU devices to add to the container ('all' to pass all GPUs)",
  },
  { name: "group-add", type: "list", help: "Add additional groups to join" },
  { name: "health-cmd", type: "string", help: "Command to run to check health" },
  { name: "health-interval", type: "duration", help: "Time between running the check (ms|s|m|h)" },
  { name: "health-retries", type: "int", help: "Consecutive failures needed to report unhealthy" },
  {
    name: "health-start-interval",
    type: "duration",
    help: "Time between running the check during the start period (ms|s|m|h)",
  },
  {
    name: "health-start-period",
    type: "duration",
    help: "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)",
  },
  { name: "health-timeout", type: "duration", help: "Maximum time to allow one check to run (ms|s|m|h)" },
  { name: "hostname", short: "h", type: "string", help: "Container host name" },
  { name: "init", type: "bool", help: "Run an init inside the container that forwards signals and reaps processes" },
  { name: "interactive", short: "i", type: "bool", help: "Keep STDIN open even if not attached" },
  { name: "ip", type: "string", help: "IPv4 address (e.g., 172.30.100.104)" },
  { name: "ip6", type: "string", help: "IPv6 address (e.g., 2001:db8::33)" },
  { name: "ipc", type: "string", help: "IPC mode to use" },
  { name: "isolation", type: "string", help: "Container isolation technology" },
  { name: "label", short: "l", type: "list", help: "Set meta data on a container" },
  { name: "label-file", type: "list", help: "Read in a line delimited file of labels" },
  { name: "link", type: "list", help: "Add link to another container" },
  { name: "link-local-ip", type: "list", help: "Container IPv4/IPv6 link-local addresses" },
  { name: "log-driver", type: "string", help: "Logging driver for the container" },
  { name: "log-opt", type: "list", help: "Log driver options" },
  { name: "mac-address", type: "string", help: "Container MAC address (e.g., 92:d0:c6:0a:29:33)" },
  { name: "memory", short: "m", type: "bytes", help: "Memory limit" },
  { name: "memory-reservation", type: "bytes", help: "Memory soft limit" },
  { name: "memory-swap", type: "bytes", help: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap" },
  { name: "memory-swappiness", type: "int", help: "Tune container memory swappiness (0 to 100)" },
  {
    name: "mount",
    type: "list",
    value: "mount",
    help: "Attach a filesystem mount to the container",
    check: checkMount,
  },
  { name: "name", type: "string", help: "Assign a name to the container" },
  { name: "net", type: "list", value: "network", help: "Connect a container to a network", check: checkNetwork },
  { name: "net-alias", type: "list", help: "Add network-scoped alias for the container" },
  { name: "network", type: "list", value: "network", help: "Connect a container to a network", check: checkNetwork },
  { name: "network-alias", type: "list", help: "Add network-scoped alias for the container" },
  { name: "no-healthcheck", type: "bool", help: "Disable any container-specified HEALTHCHECK" },
  { name: "oom-kill-disable", type: "bool", help: "Disable OOM Killer" },
  { name: "oom-score-adj", type: "int", help: "Tune host's OOM preferences (-1000 to 1000)" },
  { name: "pid", type: "string", help: "PID namespace to use" },
  { name: "pids-limit", type: "int", help: "Tune container pids limit (set -1 for unlimited)" },
  { name: "platform", type: "string", help: "Set platform if server is multi-platform capable" },
  { name: "privileged", type: "bool", help: "Give extended privileges to this container" },
  { name: "publish", short: "p", type: "list", help: "Publish a container's port(s) to the host" },
  { name: "publish-all", short: "P", type: "bool", help: "Publish all exposed ports to random ports" },
  { name: "pull", type: "string", help: 'Pull image before running ("always", "missing", "never")' },
  { name: "quiet", short: "q", type: "bool", help: "Suppress the pull output" },
  { name: "read-only", type: "bool", help: "Mount the container's root filesystem as read only" },
  { name: "restart", type: "string", help: "Restart policy to apply when a container exits" },
  {
    name: "rm",
    type: "bool",
    help: "Automatically remove the container and its associated anonymous volumes when it exits",
  },
  { name: "runtime", type: "string", help: "Runtime to use for this container" },
  { name: "security-opt", type: "list", help: "Security Options" },
  { name: "shm-size", type: "bytes", help: "Size of /dev/shm" },
  { name: "stop-signal", type: "string", help: "Signal to stop the container" },
  { name: "stop-timeout", type: "int", help: "Timeout (in seconds) to stop a container" },
  { name: "storage-opt", type: "list", help: "Storage driver options for the container" },
  { name: "sysctl", type: "list", value: "map", help: "Sysctl options", check: checkSysctl },
  { name: "tmpfs", type: "list", help: "Mount a tmpfs directory" },
  { name: "tty", short: "t", type: "bool", help: "Allocate a pseudo-TTY" },
  { name: "ulimit", type: "list", value: "ulimit", help: "Ulimit options", check: parseUlimit },
  { name: "user", short: "u", type: "string", help: "Username or UID (format: <name|uid>[:<group|gid>])" },
  { name: "userns", type: "string", help: "User namespace to use" },
  { name: "uts", type: "string", help: "UTS namespace to use" },
  { name: "volume", short: "v", type: "list", help: "Bind mount a volume" },
  { name: "volume-driver", type: "string", help: "Optional volume driver for the container" },
  { name: "volumes-from", type: "list", help: "Mount volumes from the specified container(s)" },
  { name: "workdir", short: "w", type: "string", help: "Working directory inside the container" },
] as const satisfies readonly OptionSpec[];
