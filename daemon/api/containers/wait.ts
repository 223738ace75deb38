import type { ContainerWaitResponse } from "../../../sdk/contract/index.ts";
import type { Engine, WaitCondition } from "../../engine/services.ts";
import { text } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { invalid } from "./spec/invalid.ts";

const CONDITIONS: readonly string[] = ["not-running", "next-exit", "removed"];

/**
 * `POST /containers/{id}/wait`. The head is sent as soon as the wait is in place, which tells the client that it may start the
 * container and will not miss its end.
 */
export function waitRoute({ containers }: Engine): Route {
  return {
    method: "POST",
    path: "/containers/:id/wait",
    handle: async ({ params, query, signal }, response) => {
      const condition = text(query, "condition") ?? "not-running";
      if (!CONDITIONS.includes(condition)) throw invalid(`invalid condition: ${JSON.stringify(condition)}`);
      const { result } = await containers.wait(params["id"] ?? "", condition as WaitCondition, signal);
      const out = response.start(200, { "Content-Type": "application/json" });
      const { code, error } = await result;
      const body: ContainerWaitResponse = {
        StatusCode: code,
        ...(error !== undefined && { Error: { Message: error } }),
      };
      await out.write(`${JSON.stringify(body)}\n`);
      await out.end();
    },
  };
}
