import type { Digest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { newId, shortId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { Container, ContainerSpec, MountSpec, ResolvedMount } from "../model/container.ts";
import type { Image } from "../model/image.ts";
import { volumesFrom } from "../volumes/volumes-from.ts";
import { publish, type ContainerContext } from "./context.ts";
import { bindLinks } from "../networks/legacy-links.ts";
import { imageSnapshots } from "./mount-sources.ts";
import { parseContainerName, randomName } from "./names.ts";
import { resolveProcess } from "./resolve-process.ts";

/**
 * A new container: a record, its volumes and its writable tree. Nothing runs, nothing stays mounted.
 * Crash points: volumes and the tree come before the record, so a crash leaves at most what the next start sweeps.
 */
export async function createContainer(
  context: ContainerContext,
  wantedName: string | undefined,
  spec: ContainerSpec,
  platform: string | undefined,
): Promise<{ readonly id: string; readonly warnings: readonly string[] }> {
  const { store, images, snapshots } = context;
  const name =
    wantedName === undefined || wantedName === ""
      ? randomName((each) => store.nameTaken(each) !== undefined)
      : parseContainerName(wantedName);
  const image = images.get(spec.image);
  checkPlatform(image, spec.image, platform);
  context.networking.check(spec);
  refuseTakenName(context, name);
  const id = newId();
  const draft = await draftContainer(context, id, name, spec, image);
  const warnings = await context.specs.validate(draft.container);

  await using undo = new AsyncDisposableStack();
  const volumes = await context.volumes.acquireFor(draft.volumes, undo);
  await snapshots.prepare(id, images.chainOf(image));
  undo.defer(() => snapshots.remove(id));
  for (const { key, imageId } of imageMounts(draft.container)) {
    await snapshots.prepare(key, images.chainOf(images.get(imageId)));
    undo.defer(() => snapshots.remove(key));
  }
  await populate(context, id, volumes);
  const container = { ...draft.container, mounts: [...draft.container.mounts, ...volumes.map((each) => each.mount)] };
  // A name may have been taken while the volumes were filled: `put` refuses it, and everything is undone.
  store.put(container);
  undo.move();
  context.volumes.released(container.mounts);
  publish(context, container, "create");
  return { id, warnings };
}

function refuseTakenName(context: ContainerContext, name: string): void {
  const holder = context.store.nameTaken(name);
  if (holder === undefined) return;
  throw new EngineError(
    "Conflict",
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function checkPlatform(image: Image, ref: string, platform: string | undefined): void {
  if (platform === undefined || platform === "") return;
  const [os, architecture] = platform.split("/");
  const { config } = image;
  if (os !== config.os || (architecture !== undefined && architecture !== config.architecture)) {
    throw new EngineError(
      "NotFound",
      `image with reference ${ref} was found but does not match the specified platform: wanted ${platform}, actual: ${config.os}/${config.architecture}`,
    );
  }
}

/** A volume that a container wants, and what is known of its mount before the volume exists. */
export interface VolumeWish {
  readonly spec: Extract<MountSpec, { type: "volume" }>;
}

async function draftContainer(
  context: ContainerContext,
  id: string,
  name: string,
  spec: ContainerSpec,
  image: Image,
): Promise<{ readonly container: Container; readonly volumes: readonly VolumeWish[] }> {
  const mounts = withImageVolumes(withOthersMounts(context, spec), image);
  const exposedPorts = [...new Set([...spec.exposedPorts, ...image.config.run.exposedPorts])];
  const bound = bindLinks(spec, (ref) => context.store.resolve(ref));
  const full: ContainerSpec = {
    ...bound,
    exposedPorts,
    hostname: hostnameOf(spec, id),
    host: { ...spec.host, mounts },
  };
  const container: Container = {
    id,
    name,
    createdAt: nowRfc3339(),
    imageId: image.id,
    spec: full,
    process: resolveProcess(full, image.config.run),
    state: { status: "created" },
    restartCount: 0,
    stoppedByUser: false,
    mounts: await context.volumes.resolve(mounts, (ref) => context.images.get(ref)),
    endpoints: {},
    logPath: spec.host.log.driver === "none" ? "" : context.paths.log(id),
  };
  return { container, volumes: mounts.flatMap((each) => (each.type === "volume" ? [{ spec: each }] : [])) };
}

function hostnameOf(spec: ContainerSpec, id: string): string {
  if (spec.hostname !== "" || spec.host.network === "host" || spec.host.network.startsWith("container:"))
    return spec.hostname;
  return shortId(id);
}

/** What the containers of `volumesFrom` have, where the user mounts nothing else. */
function withOthersMounts({ store }: ContainerContext, spec: ContainerSpec): ContainerSpec {
  const { mounts, volumesFrom: entries = [] } = spec.host;
  if (entries.length === 0) return spec;
  const taken = new Set(mounts.map(({ target }) => target));
  const others = volumesFrom(entries, (ref) => store.resolve(ref)).filter(({ target }) => !taken.has(target));
  return { ...spec, host: { ...spec.host, mounts: [...mounts, ...others] } };
}

function imageMounts(container: Container): readonly { readonly key: string; readonly imageId: Digest }[] {
  const images = new Map(container.mounts.map(({ target, imageId }) => [target, imageId]));
  return imageSnapshots(container).flatMap(({ key, target }) => {
    const imageId = images.get(target);
    return imageId === undefined ? [] : [{ key, imageId }];
  });
}

/** The image's VOLUMEs become anonymous volumes where the user mounts nothing else. */
function withImageVolumes(spec: ContainerSpec, image: Image): readonly MountSpec[] {
  const taken = new Set(spec.host.mounts.map((mount) => mount.target));
  const wanted = [...new Set([...spec.volumes, ...image.config.run.volumes])].filter((path) => !taken.has(path));
  const anonymous = wanted.map((target): MountSpec => ({
    type: "volume",
    name: "",
    target,
    readOnly: false,
    noCopy: false,
    labels: {},
    driver: "local",
    driverOpts: {},
    subpath: "",
  }));
  return [...spec.host.mounts, ...anonymous];
}

/** An empty volume takes over what the image has at its path, as on Docker; only then is the root mounted at create. */
async function populate(
  context: ContainerContext,
  id: string,
  volumes: readonly { readonly spec: VolumeWish["spec"]; readonly mount: ResolvedMount }[],
): Promise<void> {
  const wanted = volumes.filter(({ spec }) => !spec.noCopy && spec.subpath === "");
  if (wanted.length === 0) return;
  const { snapshots, paths } = context;
  const rootfs = paths.rootfs(id);
  snapshots.mount(id, rootfs);
  try {
    for (const { mount } of wanted) await context.volumes.copyUp(mount.name ?? "", rootfs, mount.target);
  } finally {
    await snapshots.unmount(rootfs);
  }
}
