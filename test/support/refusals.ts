/** Requests that are refused, and leave all as it was. */
import { deepEqual, equal, match } from "node:assert/strict";
import type { TestDaemon } from "./daemon.ts";
import type { ApiRequest } from "./http.ts";

export type Refusal = readonly [
  title: string,
  method: string,
  path: string,
  request: ApiRequest,
  status: number,
  message: RegExp,
];

/** What a client can see of the engine; without `Up 2 seconds`. */
export async function engineState(daemon: TestDaemon): Promise<unknown> {
  type Named = { readonly Id?: string; readonly Name?: string };
  const paths = ["/containers/json?all=1", "/images/json?all=1", "/volumes", "/networks"];
  const lists = await Promise.all(
    paths.map(async (path) => {
      const { text } = await daemon.api("GET", path);
      const leaveOut = (key: string, value: unknown): unknown => (key === "Status" ? undefined : value);
      return JSON.parse(text, leaveOut) as readonly Named[] | { Volumes: readonly Named[] };
    }),
  );
  const nameOf = ({ Id, Name }: Named): string => Id ?? Name ?? "";
  return lists.map((list) =>
    ("Volumes" in list ? list.Volumes : list).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b))),
  );
}

/** A test for each. @param state what must not change; without it what a client sees */
export function itRefuses(daemonOf: () => TestDaemon, refusals: readonly Refusal[], state = engineState): void {
  for (const [title, method, path, request, status, message] of refusals)
    it(`${title}: ${method} ${path.split("?")[0]} answers ${status} and changes nothing`, async () => {
      const daemon = daemonOf();
      const before = await state(daemon);
      const answer = await daemon.api(method, path, request);
      equal(answer.status, status, answer.text);
      match(answer.message, message);
      deepEqual(await state(daemon), before);
    });
}
