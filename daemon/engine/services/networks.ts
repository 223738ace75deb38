import type { EndpointRecord, EndpointSettings } from "../model/container.ts";
import type { NetworkRecord, NetworkWish } from "../model/network.ts";
import type { Filters } from "./filters.ts";

export type { IpamPool, NetworkRecord, NetworkWish } from "../model/network.ts";

export interface Networks {
  get(ref: string): NetworkRecord;
  list(filters: Filters): readonly NetworkRecord[];
  /** Endpoints of running containers on it, by container id. */
  members(ref: string): Readonly<Record<string, { readonly name: string; readonly endpoint: EndpointRecord }>>;
  /**
   * Makes a bridge network, with its bridge.
   * @throws Conflict "network with name x already exists", Forbidden (predefined names, "Pool overlaps with other one on this
   *   address space"), InvalidParameter ("invalid network config: …"), NotFound (`plugin "x" not found`), NotImplemented.
   */
  create(wish: NetworkWish): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  /** @throws Forbidden when it is predefined or has active endpoints; NotFound. */
  remove(ref: string): Promise<void>;
  /**
   * Joins a container to one more network: at once when it runs, with its next start otherwise. Settings of a network that it
   * is to join already are replaced while it does not run.
   * @throws Forbidden (there already, or host, none and container: networks), InvalidParameter (addresses, aliases), NotFound.
   */
  connect(ref: string, container: string, settings: EndpointSettings): Promise<void>;
  /**
   * @param force also where the container is not known any more: nothing to do then.
   * @throws NotFound when it is not on that network, Forbidden for the host's.
   */
  disconnect(ref: string, container: string, force: boolean): Promise<void>;
  /** Networks of the user that no running container is on. Filters `until` and `label`, `label!`. @returns names. */
  prune(filters: Filters): Promise<readonly string[]>;
}
