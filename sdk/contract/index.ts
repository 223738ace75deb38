/** The wire of the API: the only definition, which the daemon validates with and the client is typed by. */
export * from "./auth.ts";
export * from "./common.ts";
export * from "./container.ts";
export * from "./container-config.ts";
export * from "./container-stats.ts";
export * from "./error.ts";
export * from "./event.ts";
export * from "./exec.ts";
export * from "./host-config.ts";
export * from "./image.ts";
export * from "./mount.ts";
export * from "./network.ts";
export * from "./slipway-files.ts";
export * from "./system.ts";
export * from "./volume.ts";
