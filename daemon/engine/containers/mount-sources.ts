import { mkdirSync, statSync } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import { mountOf } from "../../linux/mount-info.ts";
import type { Container, MountSpec } from "../model/container.ts";
import type { ContainerContext } from "./context.ts";

/** Host paths of mounts that are made for one start, by their target. */
export type MountSources = ReadonlyMap<string, string>;

/**
 * Makes ready what a start mounts: volumes with options, sources of binds, and places inside volumes and images, which are held by
 * mounts of ours until `releasePins`.
 * @throws EngineError InvalidParameter in Docker's words for what is not there.
 */
export async function prepareMounts(
  context: ContainerContext,
  container: Container,
  signal?: AbortSignal,
): Promise<MountSources> {
  const { mounts } = container.spec.host;
  const sources = new Map<string, string>();
  await context.volumes.hold(container, signal);
  for (const [n, mount] of mounts.entries()) {
    if (mount.type === "bind") prepareBind(mount);
    const source = pinned(context, container, mount, n);
    if (source !== undefined) sources.set(mount.target, source);
  }
  return sources;
}

/** The container has its mounts, or will not have them. Idempotent. */
export function releasePins({ pins }: ContainerContext, id: string): void {
  pins.release(id);
}

/** The events of volumes that a run takes and leaves, with Docker's attributes. */
export function publishVolumes(
  { events }: Pick<ContainerContext, "events">,
  { id, mounts }: Container,
  action: "mount" | "unmount",
): void {
  for (const { type, name = "", target, propagation, readWrite } of mounts) {
    if (type !== "volume") continue;
    const how = { destination: target, propagation, "read/write": String(readWrite) };
    const attributes = { container: id, driver: "local", ...(action === "mount" && how) };
    events.publish({ type: "volume", action, actor: name, attributes });
  }
}

/** Names of the snapshots that show images in a container, by the place of the mount among the container's. */
export function imageSnapshots({ id, spec }: Container): readonly { readonly key: string; readonly target: string }[] {
  return spec.host.mounts.flatMap((mount, n) =>
    mount.type === "image" ? [{ key: imageKey(id, n), target: mount.target }] : [],
  );
}

const imageKey = (id: string, n: number): string => `${id}-image-${n}`;

function pinned(
  { pins, snapshots }: ContainerContext,
  { id, mounts }: Container,
  mount: MountSpec,
  n: number,
): string | undefined {
  if (mount.type === "image") {
    const place = pins.place(id, `${n}-image`);
    snapshots.mount(imageKey(id, n), place);
    return mount.subpath === "" ? place : pins.pin(id, `${n}`, place, mount.subpath);
  }
  if (mount.type !== "volume" || mount.subpath === "") return undefined;
  const volume = mounts.find(({ target }) => target === mount.target);
  return volume === undefined ? undefined : pins.pin(id, `${n}`, volume.source, mount.subpath);
}

/** What `-v` made at create is made again where somebody removed it. */
function prepareBind({ source, createSource, propagation }: Extract<MountSpec, { type: "bind" }>): void {
  if (createSource && statSync(source, { throwIfNoEntry: false }) === undefined) mkdirSync(source, { recursive: true });
  if (propagation === "shared" || propagation === "rshared") checkPeers(source, "shared", false);
  if (propagation === "slave" || propagation === "rslave") checkPeers(source, "shared or slave", true);
}

/** Mounts flow only where the source's own mount lets them (mount_namespaces(7)): better told than silently not so. */
function checkPeers(source: string, what: string, slaveWillDo: boolean): void {
  const mount = mountOf(source);
  if (mount === undefined || mount.shared || (slaveWillDo && mount.slave)) return;
  throw new EngineError(
    "InvalidParameter",
    `path ${source} is mounted on ${mount.mountPoint} but it is not a ${what} mount`,
  );
}
