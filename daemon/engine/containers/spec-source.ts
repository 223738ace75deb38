import type { ExecProcess } from "../../runtime/runtime.ts";
import type { OciResources, OciSpec } from "../../oci/runtime-spec.ts";
import type { Container, EndpointRecord, ResourceSpec } from "../model/container.ts";
import type { ExecRecord } from "../services.ts";

/** Turns records into what the runtime runs. */
export interface SpecSource {
  /** What can be refused before anything is made. Returns Docker's warnings. @throws EngineError InvalidParameter. */
  validate(container: Container): Promise<readonly string[]>;
  /** Gives back what `build` made that outlives it. Idempotent. */
  release(id: string): void;
  /** For a mounted root and a joined network. Writes the files that are mounted in: hostname, hosts, resolv.conf. */
  build(
    container: Container,
    place: LaunchPlace,
  ): Promise<{ readonly spec: OciSpec; readonly warnings: readonly string[] }>;
  /** hosts and resolv.conf of a container that joins or leaves a network while it runs. @param endpoints all that it has then. */
  updateNames(container: Container, endpoints: Readonly<Record<string, EndpointRecord>>): void;
  /** hosts of a container that runs, with one line less: that of a link. */
  removeLink(container: Container, alias: string): void;
  /** hosts of those that run, or start just now, and have a link to `target`, which is about to run, perhaps under another address than before. */
  updateLinksTo(target: Container): void;
  /** Limits as this host can hold them, for a container that runs. @throws EngineError InvalidParameter. */
  limits(resources: ResourceSpec): { readonly resources: OciResources; readonly warnings: readonly string[] };
  /** @throws EngineError InvalidParameter when the user is not known in the container. */
  exec(
    container: Container,
    exec: ExecRecord,
    options: { readonly detach: boolean; readonly consoleSize?: readonly [number, number] },
  ): Promise<ExecProcess>;
}

export interface LaunchPlace {
  readonly rootfs: string;
  /** See `Joined`. */
  readonly sandboxPath: string | undefined;
  readonly endpoints: Readonly<Record<string, EndpointRecord>>;
  /** Of mounts whose place on the host is made anew for each start, by target. */
  readonly mountSources: ReadonlyMap<string, string>;
}
