declare global {
  var SLIPWAY_VERSION: string | undefined;
  var SLIPWAY_COMMIT: string | undefined;
  var SLIPWAY_BUILD_TIME: string | undefined;
}

export interface BuildInfo {
  readonly version: string;
  readonly gitCommit: string;
  /** RFC 3339. */
  readonly buildTime: string;
}

/** What the bundler wrote in the place of these names; a daemon that runs from its sources has none of it. */
export const BUILD: BuildInfo = {
  version: globalThis.SLIPWAY_VERSION ?? "0.0.0-dev",
  gitCommit: globalThis.SLIPWAY_COMMIT ?? "unknown",
  buildTime: globalThis.SLIPWAY_BUILD_TIME ?? "1970-01-01T00:00:00.000Z",
};
