/** The forms of daemon.json that are objects, as the command line writes them. `undefined`: not of that form. */

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `{"crun": {"path": "/usr/bin/crun"}}` */
export function fromRuntimes(value: unknown): readonly string[] | undefined {
  if (!isObject(value)) return undefined;
  const runtimes = Object.entries(value).map(([name, runtime]) => {
    if (!isObject(runtime) || typeof runtime["path"] !== "string") return undefined;
    // Arguments and options of shims have no counterpart here: taken as wrong rather than dropped.
    return Object.keys(runtime).every((key) => key === "path") ? `${name}=${runtime["path"]}` : undefined;
  });
  return allOf(runtimes);
}

/** `{"nofile": {"Name": "nofile", "Hard": 64000, "Soft": 64000}}` */
export function fromUlimits(value: unknown): readonly string[] | undefined {
  if (!isObject(value)) return undefined;
  const limits = Object.entries(value).map(([name, limit]) => {
    if (!isObject(limit)) return undefined;
    const { Soft: soft, Hard: hard } = limit;
    if (typeof soft !== "number" || typeof hard !== "number") return undefined;
    return `${name}=${soft}:${hard}`;
  });
  return allOf(limits);
}

/** `[{"base": "172.30.0.0/16", "size": 24}]` */
export function fromAddressPools(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return allOf(
    value.map((pool: unknown) =>
      isObject(pool) && typeof pool["base"] === "string" && typeof pool["size"] === "number"
        ? `base=${pool["base"]},size=${pool["size"]}`
        : undefined,
    ),
  );
}

function allOf(values: readonly (string | undefined)[]): readonly string[] | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}
