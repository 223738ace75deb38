import { join } from "node:path";

/** Where a container's own files are. What must survive a reboot is below the data root, the rest below the exec root. */
export class ContainerPaths {
  readonly #dataRoot: string;
  readonly #execRoot: string;

  constructor(dataRoot: string, execRoot: string) {
    this.#dataRoot = dataRoot;
    this.#execRoot = execRoot;
  }

  get all(): string {
    return join(this.#dataRoot, "containers");
  }
  dir(id: string): string {
    return join(this.all, id);
  }
  log(id: string): string {
    return join(this.dir(id), `${id}-json.log`);
  }
  hostname(id: string): string {
    return join(this.dir(id), "hostname");
  }
  hosts(id: string): string {
    return join(this.dir(id), "hosts");
  }
  resolvConf(id: string): string {
    return join(this.dir(id), "resolv.conf");
  }
  /** Mount point of the root file system. */
  rootfs(id: string): string {
    return join(this.#execRoot, "rootfs", id);
  }
  /** Where what a start mounts from inside a volume or an image is held until the container has it. */
  get pins(): string {
    return join(this.#execRoot, "mounts");
  }
  /** The pinned network namespace. */
  sandbox(id: string): string {
    return join(this.#execRoot, "netns", id.slice(0, 12));
  }
  /** A host directory for a tmpfs that several containers may share: /dev/shm of `ipc=shareable`. */
  shm(id: string): string {
    return join(this.#execRoot, "shm", id);
  }
}
