import { createHash } from "node:crypto";
import { errnoOf } from "../base/errors.ts";
import { changeLink, deleteLink, findLink, getLink, type Link } from "../linux/netlink/links.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";

const ANY_DAEMON = "slipway:";

/**
 * The links of one daemon among all of a network namespace. Each says in its alias whose it is and how it is called, so that one which
 * someone renamed is still known, and gets its name back.
 */
export class OwnLinks {
  readonly #socket: NetlinkSocket;
  readonly #tag: string;

  /** @param daemonId what tells this daemon from others, for as long as its data root lives. */
  constructor(socket: NetlinkSocket, daemonId: string) {
    this.#socket = socket;
    this.#tag = createHash("sha256").update(daemonId).digest("hex").slice(0, 4);
  }

  /** Four hexadecimal digits. */
  get tag(): string {
    return this.#tag;
  }

  /** How all names of endpoints and of unfinished links begin. */
  get prefix(): string {
    return `sl${this.#tag}-`;
  }

  /** Of a bridge, or a parent. */
  alias(name: string): string {
    return `${ANY_DAEMON}${this.#tag}:${name}`;
  }

  /** Of a host's end: with the network that it belongs to. */
  portAlias(networkId: string, name: string): string {
    return `${ANY_DAEMON}${networkId}:${name}`;
  }

  /** What it should be called; undefined for a link that is not ours. */
  nameOf({ name, alias }: Pick<Link, "name" | "alias">): string | undefined {
    const [, owner, given] = /^slipway:([^:]+):(.+)$/.exec(alias) ?? [];
    if (given !== undefined && (owner === this.#tag || given.startsWith(this.prefix))) return given;
    return name.startsWith(this.prefix) ? name : undefined;
  }

  /** Whether another daemon made it. */
  isForeign(link: Link): boolean {
    return link.alias.startsWith(ANY_DAEMON) && this.nameOf(link) === undefined;
  }

  /**
   * A link that has its name and our alias at once: under another name until then, which `nameOf` knows as ours, so that a crash
   * never leaves one that nobody owns.
   * @throws SyscallError EEXIST when the name is taken.
   */
  make(name: string, make: (name: string) => void): Link {
    const unfinished = `${this.prefix}new`;
    deleteLink(this.#socket, unfinished);
    make(unfinished);
    try {
      changeLink(this.#socket, getLink(this.#socket, unfinished).index, { name, alias: this.alias(name) });
    } catch (error) {
      deleteLink(this.#socket, unfinished);
      throw error;
    }
    return getLink(this.#socket, name);
  }

  /** Idempotent. A link of this name that is not ours stays. */
  remove(name: string): void {
    const found = findLink(this.#socket, name);
    if (found !== undefined && this.nameOf(found) === name) deleteLink(this.#socket, name);
  }

  /** Renames what someone else renamed, and brings it up. @throws SyscallError EEXIST when its name is another's by now. */
  giveNameBack({ index }: Link, name: string): void {
    try {
      changeLink(this.#socket, index, { name });
    } catch (error) {
      if (errnoOf(error) !== "EBUSY") throw error;
      // Before Linux 6.2 a link that is up keeps its name.
      changeLink(this.#socket, index, { up: false });
      changeLink(this.#socket, index, { name });
    }
    changeLink(this.#socket, index, { up: true });
  }
}
