import { atLeast } from "../http/version.ts";

/** The media type of stdio: raw with a terminal, and for clients that know no other. */
export function streamType(tty: boolean, apiVersion: string): string {
  const framed = !tty && atLeast(apiVersion, "1.42");
  return framed ? "application/vnd.docker.multiplexed-stream" : "application/vnd.docker.raw-stream";
}
