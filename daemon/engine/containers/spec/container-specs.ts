import { EngineError } from "../../../base/errors.ts";
import { hostDevices, resolveDevices } from "../../../linux/devices.ts";
import type { OciSeccomp, OciSpec } from "../../../oci/runtime-spec.ts";
import { buildSpec, type BuiltSpec } from "../../../oci/spec/build-spec.ts";
import { buildResources, type BuiltResources } from "../../../oci/spec/resources.ts";
import type { HostInput, NamespaceInput, SpecFacts, SpecInput, UlimitInput } from "../../../oci/spec/input.ts";
import type { ResolvedUser } from "../../../oci/user.ts";
import type { ExecProcess } from "../../../runtime/runtime.ts";
import type { Container, ResourceSpec } from "../../model/container.ts";
import { legacyLinks, linkHost, linkVariables, liveLinks, type LegacyLink } from "../../networks/legacy-links.ts";
import type { ExecRecord } from "../../services.ts";
import { isLive } from "../list.ts";
import type { ContainerStore } from "../container-store.ts";
import type { ContainerPaths } from "../paths.ts";
import { processEnv } from "../resolve-process.ts";
import type { LaunchPlace, SpecSource } from "../spec-source.ts";
import { execProcess } from "./exec-process.ts";
import { joinedContainer } from "./joined-container.ts";
import { mountsOf, userMounts, type NameFilePaths } from "./mounts.ts";
import { namespacesOf } from "./namespaces.ts";
import { userIn } from "./user-files.ts";
import {
  effectiveHostname,
  updateLinkHosts,
  updateNameFiles,
  writeNameFiles,
  type NameDefaults,
} from "./write-name-files.ts";

export interface SpecDefaults extends NameDefaults {
  readonly ulimits: readonly UlimitInput[];
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly cgroupParent: string;
  readonly init: boolean;
}

export interface ContainerSpecsDeps {
  readonly store: Pick<ContainerStore, "all" | "find" | "resolve">;
  readonly paths: ContainerPaths;
  /** The devices are looked up when a container is privileged. */
  readonly facts: Omit<SpecFacts, "hostDevices">;
  readonly defaults: SpecDefaults;
  /** Names that `runtime` may be. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** The compiled form of a profile; undefined where it cannot be made. */
  readonly seccompFilter: (profile: OciSeccomp) => Promise<Uint8Array | undefined>;
  readonly shm: SharedMemory;
}

/** /dev/shm of containers that share it: a tmpfs on the host. */
export interface SharedMemory {
  /** Idempotent. @param size bytes. */
  mount(path: string, size: number): void;
  /** Idempotent. */
  unmount(path: string): void;
}

const SHM_DEFAULT = 64 * 1024 * 1024;

/** Records → config.json and processes. On the start path: synchronous, a handful of system calls. */
export class ContainerSpecs implements SpecSource {
  readonly #deps: ContainerSpecsDeps;

  constructor(deps: ContainerSpecsDeps) {
    this.#deps = deps;
  }

  async validate(container: Container): Promise<readonly string[]> {
    const { runtimes } = this.#deps;
    const { spec } = container;
    if (spec.host.runtime !== "" && runtimes[spec.host.runtime] === undefined)
      throw new EngineError("InvalidParameter", `unknown or invalid runtime name: ${spec.host.runtime}`);
    const { warnings } = buildSpec(this.#input(container, NOBODY_YET));
    return warnings;
  }

  async build(
    container: Container,
    place: LaunchPlace,
  ): Promise<{ readonly spec: OciSpec; readonly warnings: readonly string[] }> {
    return this.buildNow(container, place);
  }

  /** `build` without its promise. */
  buildNow(container: Container, place: LaunchPlace): BuiltSpec {
    const { paths, store, shm } = this.#deps;
    const { spec, process } = container;
    const { host } = spec;
    const namespaces = namespacesOf(container, place.sandboxPath, {
      resolve: (ref) => store.resolve(ref),
      shmPath: (id) => paths.shm(id),
    });
    const user = userIn(place.rootfs, process.user, host.groupAdd);
    const links = legacyLinks(container, (id) => store.find(id));
    const files = this.#nameFiles(container, place, links);
    if (host.ipcMode === "shareable") shm.mount(paths.shm(container.id), host.shmSize || SHM_DEFAULT);
    return buildSpec(
      this.#input(container, {
        rootfs: place.rootfs,
        namespaces,
        user,
        linkVariables: linkVariables(container.name, links),
        mounts: mountsOf(container, files, place.mountSources),
        devices: host.devices.flatMap((each) => resolveDevices(each.hostPath, each.containerPath, each.permissions)),
      }),
    );
  }

  limits(resources: ResourceSpec): BuiltResources {
    return buildResources(resources, this.#deps.facts.limits);
  }

  updateNames(container: Container, endpoints: LaunchPlace["endpoints"]): void {
    updateNameFiles(container, endpoints, this.#deps.paths, this.#deps.defaults);
  }

  removeLink(container: Container, alias: string): void {
    updateLinkHosts(this.#deps.paths.hosts(container.id), alias, undefined);
  }

  updateLinksTo(target: Container): void {
    const { paths, store } = this.#deps;
    // One that is starting has written its hosts already, and has its addresses.
    const linking = store.all().filter((each) => isLive(each) || Object.keys(each.endpoints).length > 0);
    for (const container of linking)
      for (const link of liveLinks(container, (id) => (id === target.id ? target : undefined)))
        updateLinkHosts(paths.hosts(container.id), link.alias, linkHost(link));
  }

  release(id: string): void {
    this.#deps.shm.unmount(this.#deps.paths.shm(id));
  }

  async exec(
    container: Container,
    exec: ExecRecord,
    options: { readonly detach: boolean; readonly consoleSize?: readonly [number, number] },
  ): Promise<ExecProcess> {
    const { facts, seccompFilter } = this.#deps;
    return await execProcess({
      container,
      exec,
      options,
      facts: this.#facts(container.spec.host.privileged),
      host: this.#host(container),
      hostname: this.#hostname(container),
      linkVariables: linkVariables(
        container.name,
        liveLinks(container, (id) => this.#deps.store.find(id)),
      ),
      seccompFilter: facts.seccomp ? seccompFilter : () => Promise.resolve(undefined),
    });
  }

  /** Whoever joins another's network has its names too. */
  #nameFiles(container: Container, place: LaunchPlace, links: readonly LegacyLink[]): NameFilePaths {
    const { paths, store, defaults } = this.#deps;
    const donor = joinedContainer(container.spec.host.network, "network", (ref) => store.resolve(ref));
    if (donor === undefined) return writeNameFiles(container, place.endpoints, paths, defaults, links.map(linkHost));
    const { id } = donor.container;
    return { hostname: paths.hostname(id), hosts: paths.hosts(id), resolvConf: paths.resolvConf(id) };
  }

  #hostname(container: Container): string {
    const { network } = container.spec.host;
    if (!network.startsWith("container:") || container.spec.hostname !== "") return effectiveHostname(container);
    return effectiveHostname(this.#deps.store.resolve(network.slice("container:".length)));
  }

  #input(container: Container, known: Known): SpecInput {
    const { defaults } = this.#deps;
    const { id, spec, process } = container;
    const { user, rootfs, namespaces, devices } = known;
    const hostname = known === NOBODY_YET ? spec.hostname : this.#hostname(container);
    return {
      id,
      rootfs,
      hostname,
      domainname: spec.domainname,
      process: {
        args: process.args,
        env: processEnv(process, hostname, spec.tty, user.home, known.linkVariables),
        cwd: process.cwd,
        uid: user.uid,
        gid: user.gid,
        additionalGids: user.additionalGids,
        tty: spec.tty,
      },
      host: this.#host(container),
      namespaces: namespaces ?? provisional(container),
      mounts: known.mounts ?? userMounts(container),
      devices,
      cgroup: { driver: defaults.cgroupDriver, parent: spec.host.cgroupParent || defaults.cgroupParent },
      facts: this.#facts(spec.host.privileged),
    };
  }

  #host({ spec: { host } }: Container): HostInput {
    const { defaults } = this.#deps;
    const own = new Set(host.ulimits.map(({ name }) => name));
    const inherited = defaults.ulimits.filter(({ name }) => !own.has(name));
    return { ...host, init: host.init || defaults.init, ulimits: [...inherited, ...host.ulimits] };
  }

  #facts(privileged: boolean): SpecFacts {
    return { ...this.#deps.facts, hostDevices: privileged ? hostDevices() : [] };
  }
}

/** What only a start can know. */
interface Known {
  readonly rootfs: string;
  readonly namespaces?: NamespaceInput;
  readonly user: ResolvedUser;
  readonly linkVariables?: readonly string[];
  readonly mounts?: SpecInput["mounts"];
  readonly devices: SpecInput["devices"];
}

const NOBODY_YET: Known = {
  rootfs: "/",
  user: { uid: 0, gid: 0, additionalGids: [0], home: "/", name: "" },
  devices: [],
};

/** At create the containers whose namespaces are joined need not run yet; that they can be joined is seen at start. */
function provisional({ spec: { host } }: Container): NamespaceInput {
  const choice = (mode: string): NamespaceInput["pid"] =>
    mode === "host" ? "host" : mode.startsWith("container:") ? { path: "/" } : "new";
  return {
    network: choice(host.network),
    networkIsOwn: !host.network.startsWith("container:"),
    ipc: choice(host.ipcMode),
    pid: choice(host.pidMode),
    uts: host.utsMode === "host" ? "host" : "new",
    cgroup: host.cgroupnsMode === "private" ? "new" : "host",
  };
}
