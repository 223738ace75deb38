/** What the build defines; a run from the sources has none of it. */
interface BuildFacts {
  readonly SLIPWAY_VERSION?: string;
  readonly SLIPWAY_COMMIT?: string;
  readonly SLIPWAY_BUILD_TIME?: string;
}

export interface ClientVersion {
  readonly version: string;
  readonly commit: string;
  /** RFC 3339 */
  readonly built: string;
}

export function clientVersion(): ClientVersion {
  // Each written out: the bundler puts the values in the place of these very words.
  return {
    version: (globalThis as BuildFacts).SLIPWAY_VERSION ?? "0.1.0",
    commit: (globalThis as BuildFacts).SLIPWAY_COMMIT ?? "unknown",
    built: (globalThis as BuildFacts).SLIPWAY_BUILD_TIME ?? "",
  };
}
