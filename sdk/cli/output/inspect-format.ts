import { isRecord } from "../template/values.ts";
import { compileTemplate, unescapeFormat, type Template } from "../template/template.ts";
import { CommandFailure } from "../exit.ts";

/** docker's exit code for a template that does not parse. */
const BAD_TEMPLATE = 64;

/** Fields of the API that are maps with keys of the user's choice: what they lack is "no value", and no mistake. */
const MAPS = new Set([
  "Annotations",
  "Attributes",
  "Containers",
  "Data",
  "DriverOpts",
  "ExposedPorts",
  "Labels",
  "Networks",
  "Options",
  "Ports",
  "PortBindings",
  "Runtimes",
  "StorageOpt",
  "Sysctls",
  "Tmpfs",
  "Volumes",
  "Warnings",
]);

/** Fields that engines leave out when they are empty: a template may ask for them. */
const OPTIONAL = new Set([
  ..."Annotations ArgsEscaped BuildTime ConfigFrom Containerd Descriptor Domainname ExposedPorts GraphDriver Healthcheck Health".split(
    " ",
  ),
  ..."ImageManifestDescriptor Init MacAddress Manifests Mounts Name NetworkID OnBuild Peers SeccompProfile Shell SizeRootFs SizeRw".split(
    " ",
  ),
  ..."StopSignal StopTimeout StorageOpt Sysctls Tmpfs UsageData Variant VirtualSize Volumes".split(" "),
]);

/**
 * A template over one object as the engine sent it. A field that the API does not have is an error, as in docker, whose
 * types know the fields.
 * @throws CommandFailure 64 when it does not parse; the template throws CommandFailure 1.
 */
export function inspectTemplate(format: string): Template {
  const maps = new WeakSet<object>();
  const missing = (object: object, key: string): { readonly error?: string } =>
    maps.has(object) || OPTIONAL.has(key) ? {} : { error: `map has no entry for key ${JSON.stringify(key)}` };
  let template: Template;
  try {
    template = compileTemplate(unescapeFormat(format === "json" ? "{{json .}}" : format), { missing });
  } catch (cause) {
    throw new CommandFailure(`template parsing error: ${(cause as Error).message}`, BAD_TEMPLATE, { cause });
  }
  return (data) => {
    collectMaps(data, maps);
    try {
      return template(data);
    } catch (cause) {
      throw new CommandFailure(`template parsing error: ${(cause as Error).message}`, undefined, { cause });
    }
  };
}

function collectMaps(value: unknown, into: WeakSet<object>): void {
  if (Array.isArray(value)) return value.forEach((item) => collectMaps(item, into));
  if (!isRecord(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (MAPS.has(key) && isRecord(item)) into.add(item);
    collectMaps(item, into);
  }
}
