import assert from "node:assert/strict";
import { mergeEnv, processEnv, resolveProcess } from "../../../daemon/engine/containers/resolve-process.ts";
import type { ContainerSpec } from "../../../daemon/engine/model/container.ts";
import type { RunDefaults } from "../../../daemon/engine/model/image.ts";

const image: RunDefaults = {
  user: "www",
  exposedPorts: [],
  env: ["A=1", "B=2"],
  entrypoint: ["/entry"],
  cmd: ["serve"],
  volumes: [],
  workingDir: "/srv",
  labels: { a: "image" },
  stopSignal: "SIGQUIT",
};
const spec = { env: [], user: "", workingDir: "", labels: {} } as unknown as ContainerSpec;

describe("resolveProcess", () => {
  const rows: readonly [string, Partial<ContainerSpec>, readonly string[]][] = [
    ["the image's entrypoint and cmd", {}, ["/entry", "serve"]],
    ["the user's cmd after the image's entrypoint", { cmd: ["test"] }, ["/entry", "test"]],
    ["the user's entrypoint drops the image's cmd", { entrypoint: ["sh"] }, ["sh"]],
    ["the user's entrypoint and cmd", { entrypoint: ["sh"], cmd: ["-c", "x"] }, ["sh", "-c", "x"]],
    ["an empty entrypoint clears the image's", { entrypoint: [""], cmd: ["true"] }, ["true"]],
    ["empty lists are no wish", { entrypoint: [], cmd: [] }, ["/entry", "serve"]],
  ];
  for (const [title, wish, args] of rows) {
    it(title, () => assert.deepStrictEqual(resolveProcess({ ...spec, ...wish }, image).args, args));
  }

  it("refuses an image that does not say what to run", () => {
    assert.throws(() => resolveProcess(spec, { ...image, entrypoint: undefined, cmd: undefined }), {
      kind: "InvalidParameter",
      message: "no command specified",
    });
  });

  it("takes user, working directory, stop signal and labels from the image where the user says nothing", () => {
    const { user, cwd, stopSignal, labels } = resolveProcess({ ...spec, labels: { b: "user" } }, image);
    assert.deepStrictEqual(
      { user, cwd, stopSignal, labels },
      { user: "www", cwd: "/srv", stopSignal: "SIGQUIT", labels: { a: "image", b: "user" } },
    );
  });
});

describe("mergeEnv", () => {
  it("replaces in place, adds at the end, removes a bare name", () => {
    assert.deepStrictEqual(mergeEnv(["A=1", "B=2", "C=3"], ["B=x=y", "C", "D="]), ["A=1", "B=x=y", "D="]);
  });
});

describe("processEnv", () => {
  it("adds PATH, HOSTNAME, TERM and HOME, and lets the container's own win", () => {
    const process = resolveProcess({ ...spec, env: ["HOME=/x"] }, { ...image, env: [] });
    assert.deepStrictEqual(processEnv(process, "h1", true, "/root"), [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOSTNAME=h1",
      "TERM=xterm",
      "HOME=/x",
    ]);
  });
});
