import type {
  ContainerCreateBody,
  HealthConfig,
  HostConfig,
  Mount,
  PortMap,
  Resources,
  RestartPolicy,
} from "../contract/index.ts";
import type {
  ContainerOptions,
  HealthcheckOptions,
  LimitOptions,
  MountOptions,
  PublishedPort,
  RestartOptions,
  SecurityOptions,
} from "./container-options.ts";

const NANOSECONDS_PER_MILLISECOND = 1e6;
const NANO_CPUS = 1e9;

/** The body of `POST /containers/create`. What was not given is not sent. */
export function containerBody(options: ContainerOptions): ContainerCreateBody {
  const stdin = options.stdin || undefined;
  const ports = options.publish ?? [];
  return {
    Image: options.image,
    Cmd: copy(options.command),
    // An empty list would leave the image's in place; one empty word takes it away.
    Entrypoint: options.entrypoint?.length === 0 ? [""] : copy(options.entrypoint),
    Env: environmentList(options.env),
    User: options.user,
    WorkingDir: options.workingDir,
    Hostname: options.hostname,
    Labels: options.labels,
    Tty: Boolean(options.tty) || undefined,
    OpenStdin: stdin,
    StdinOnce: stdin,
    AttachStdin: stdin,
    StopSignal: options.stopSignal,
    StopTimeout: options.stopTimeout,
    Healthcheck: options.healthcheck && healthConfig(options.healthcheck),
    ExposedPorts: ports.length === 0 ? undefined : Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    HostConfig: hostConfig(options),
    NetworkingConfig: networkingConfig(options),
  };
}

function hostConfig(options: ContainerOptions): HostConfig {
  const { tty } = options;
  return {
    ...limitFields(options.limits),
    ...securityFields(options.security),
    AutoRemove: options.autoRemove,
    RestartPolicy: options.restart && restartPolicy(options.restart),
    LogConfig: options.log && { Type: options.log.driver, Config: options.log.options ?? {} },
    Mounts: options.mounts?.map(mountOf),
    ReadonlyRootfs: options.readOnly,
    ShmSize: options.shmSize,
    Init: options.init,
    GroupAdd: copy(options.groups),
    NetworkMode: options.network,
    PortBindings: options.publish && portBindings(options.publish),
    Dns: copy(options.dns),
    ExtraHosts: options.extraHosts && Object.entries(options.extraHosts).map(([name, address]) => `${name}:${address}`),
    ConsoleSize: typeof tty === "object" ? [tty.rows, tty.columns] : undefined,
  };
}

/** Fields of a create's HostConfig, and of an update. */
export function limitFields(limits: LimitOptions = {}): Resources {
  const { ulimits, cpus } = limits;
  return {
    Memory: limits.memory,
    MemorySwap: limits.memorySwap,
    MemoryReservation: limits.memoryReservation,
    NanoCpus: cpus === undefined ? undefined : Math.round(cpus * NANO_CPUS),
    CpuShares: limits.cpuShares,
    CpusetCpus: limits.cpuset,
    PidsLimit: limits.pids,
    Ulimits:
      ulimits &&
      Object.entries(ulimits).map(([Name, limit]) =>
        typeof limit === "number" ? { Name, Soft: limit, Hard: limit } : { Name, Soft: limit.soft, Hard: limit.hard },
      ),
  };
}

export function restartPolicy({ policy, maxRetries }: RestartOptions): RestartPolicy {
  return { Name: policy, MaximumRetryCount: maxRetries };
}

/** `KEY=value` each. */
export function environmentList(env: Readonly<Record<string, string>> | undefined): string[] | undefined {
  return env && Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function securityFields(security: SecurityOptions = {}): HostConfig {
  return {
    Privileged: security.privileged,
    CapAdd: copy(security.capAdd),
    CapDrop: copy(security.capDrop),
    SecurityOpt: copy(security.options),
    Sysctls: security.sysctls,
    Devices: security.devices?.map(({ host, container = host, permissions = "rwm" }) => ({
      PathOnHost: host,
      PathInContainer: container,
      CgroupPermissions: permissions,
    })),
  };
}

function healthConfig({
  test,
  interval,
  timeout,
  startPeriod,
  startInterval,
  retries,
}: HealthcheckOptions): HealthConfig {
  const nanoseconds = (milliseconds: number | undefined): number | undefined =>
    milliseconds === undefined ? undefined : Math.round(milliseconds * NANOSECONDS_PER_MILLISECOND);
  return {
    Test: typeof test === "string" ? ["CMD-SHELL", test] : ["CMD", ...test],
    Interval: nanoseconds(interval),
    Timeout: nanoseconds(timeout),
    StartPeriod: nanoseconds(startPeriod),
    StartInterval: nanoseconds(startInterval),
    Retries: retries,
  };
}

function mountOf(mount: MountOptions): Mount {
  switch (mount.type) {
    case "bind": {
      const { source: Source, target: Target, readOnly: ReadOnly, propagation: Propagation } = mount;
      return { Type: "bind", Source, Target, ReadOnly, BindOptions: Propagation && { Propagation } };
    }
    case "volume": {
      const { source: Source, target: Target, readOnly: ReadOnly, noCopy: NoCopy } = mount;
      return { Type: "volume", Source, Target, ReadOnly, VolumeOptions: NoCopy === undefined ? undefined : { NoCopy } };
    }
    case "tmpfs": {
      const { target: Target, size: SizeBytes, mode: Mode } = mount;
      return { Type: "tmpfs", Target, TmpfsOptions: { SizeBytes, Mode } };
    }
  }
}

function portKey({ container, protocol = "tcp" }: PublishedPort): string {
  return `${container}/${protocol}`;
}

function portBindings(ports: readonly PublishedPort[]): PortMap {
  const map: PortMap = {};
  for (const port of ports) {
    const bindings = (map[portKey(port)] ??= []);
    bindings.push({ HostIp: port.address ?? "", HostPort: port.host === undefined ? "" : String(port.host) });
  }
  return map;
}

function networkingConfig({ network, networkAliases }: ContainerOptions): ContainerCreateBody["NetworkingConfig"] {
  if (network === undefined || networkAliases === undefined) return undefined;
  return { EndpointsConfig: { [network]: { Aliases: [...networkAliases] } } };
}

function copy(words: readonly string[] | undefined): string[] | undefined {
  return words && [...words];
}
