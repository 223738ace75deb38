import { type FSWatcher, readFileSync, realpathSync, watch } from "node:fs";
import { isIP } from "node:net";
import { basename, dirname } from "node:path";

/**
 * The servers of the host's resolv.conf(5), as they are now. inotify(7) tells of changes: of the file, of the folder where
 * another may take its place, and of those behind a link. Nothing is read or watched before somebody asks.
 */
export class HostServers implements Disposable {
  readonly #path: string;
  #servers: readonly string[] | undefined;
  #watchers: readonly FSWatcher[] = [];

  constructor(path = "/etc/resolv.conf") {
    this.#path = path;
  }

  /** Addresses, in the order of the file; none when there is no such file. */
  get(): readonly string[] {
    return (this.#servers ??= this.#read());
  }

  #read(): readonly string[] {
    this.#unwatch();
    try {
      // Watched first: what changes in between is read again.
      const places = new Set([this.#path, realpathSync(this.#path)]);
      this.#watchers = [...places].map((place) => this.#watch(place));
    } catch {
      // No such file yet, or no watches left: a name is asked for seldom enough to look each time.
      this.#unwatch();
    }
    const servers = readServers(this.#path);
    if (this.#watchers.length === 0) queueMicrotask(() => this.#forget());
    return servers;
  }

  #watch(place: string): FSWatcher {
    const name = basename(place);
    const watcher = watch(dirname(place), { persistent: false }, (_, changed) => {
      if (changed === null || changed === name) this.#forget();
    });
    return watcher.on("error", () => this.#forget());
  }

  /** The watches go on until the file is read again. */
  #forget(): void {
    this.#servers = undefined;
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }
}

function readServers(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
      .filter((address) => isIP(address) !== 0);
  } catch {
    return [];
  }
}
