import assert from "node:assert/strict";
import { Router } from "../../../daemon/api/http/router.ts";

const PATHS = [
  "/containers/json",
  "/containers/:id/json",
  "/containers/:id/exec",
  "/containers/:id/attach/ws",
  "/images/json",
  "/images/:name/json",
] as const;

describe("names with slashes in paths", () => {
  const router = new Router(PATHS.map((path) => ({ method: "GET", path, handle: () => Promise.resolve() })));

  for (const [path, found, name] of [
    ["/containers/json", "/containers/json", undefined],
    ["/containers/web/json", "/containers/:id/json", "web"],
    ["/containers/web/db/json", "/containers/:id/json", "web/db"],
    ["/containers/web%2Fdb/exec", "/containers/:id/exec", "web/db"],
    ["/containers/web/attach/ws", "/containers/:id/attach/ws", "web"],
    ["/containers/web/db/attach/ws", "/containers/:id/attach/ws", "web/db"],
    ["/images/json/json", "/images/:name/json", "json"],
    ["/containers/web/nothing", undefined, undefined],
  ] as const)
    it(`${path} is ${found ?? "no route"}`, () => {
      const match = router.find("GET", path);
      assert.equal(match?.route.path, found);
      assert.equal(match?.params["id"] ?? match?.params["name"], name);
    });
});
