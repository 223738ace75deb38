import type { OciSpec } from "../runtime-spec.ts";

/** RLIM_INFINITY, 2^64 - 1: no JavaScript number can hold it. */
const UNLIMITED = "18446744073709551615";

/** JSON.rawJSON (ECMAScript proposal "JSON.parse source text access", in Node since 22), which TypeScript's library lacks. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** The text of config.json. A limit of -1, "unlimited", is written as the number that runc's uint64 takes. */
export function encodeSpec(spec: OciSpec): string {
  const rlimits = spec.process.rlimits?.map((limit) => ({
    ...limit,
    soft: limit.soft === -1 ? rawJSON(UNLIMITED) : limit.soft,
    hard: limit.hard === -1 ? rawJSON(UNLIMITED) : limit.hard,
  }));
  return JSON.stringify({ ...spec, process: { ...spec.process, rlimits } });
}
