import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { configurationOf, fieldProblems, formFields } from "../../../extension/model/configuration-form.ts";
import {
  joinWords,
  parseEnvFile,
  parsePort,
  parseRestart,
  parseVolume,
  splitWords,
} from "../../../extension/model/container-notation.ts";
import { dockerRunOptions } from "../../../extension/model/docker-run-task.ts";
import { elementSpans, parseJsonText, withElement, withoutElement } from "../../../extension/model/json-text.ts";
import { containerNameOf, parseRunFile } from "../../../extension/model/run-configuration.ts";
import { containerOptionsOf } from "../../../extension/model/run-options.ts";
import { parseSize, sizeText } from "../../../extension/model/sizes.ts";
import { plain } from "../../../extension/model/translate.ts";

const around = {
  folder: "/work/app",
  home: "/home/me",
  env: { USER: "me" },
  read: async (path: string) => {
    if (path !== "/work/app/.env") throw new Error(`no ${path}`);
    return "# comment\nA=1\nUSER\nB=x=y\n";
  },
};

describe("container notation", () => {
  for (const [text, port] of [
    ["80", { container: 80 }],
    ["8080:80", { container: 80, host: 8080 }],
    ["127.0.0.1:8080:80/udp", { container: 80, host: 8080, address: "127.0.0.1", protocol: "udp" }],
    ["[::1]::80", { container: 80, address: "::1" }],
  ] as const) {
    it(`parsePort reads ${text}`, () => deepEqual(parsePort(text), port));
  }
  for (const text of ["", "x", "80:", "0:80", "1:70000", "80/icmp", "a:1:2"]) {
    it(`parsePort refuses ${JSON.stringify(text)}`, () => void throws(() => parsePort(text), /is no port/));
  }

  const resolve = (path: string): string => `/abs/${path}`;
  for (const [text, mount] of [
    ["./src:/app:ro", { type: "bind", source: "/abs/./src", target: "/app", readOnly: true }],
    ["data:/data", { type: "volume", source: "data", target: "/data", readOnly: false }],
    ["/cache", { type: "volume", target: "/cache" }],
  ] as const) {
    it(`parseVolume reads ${text}`, () => deepEqual(parseVolume(text, resolve), mount));
  }
  for (const text of ["", "data", "a:b", "a:/b:rx", "a:/b:ro:x"]) {
    it(`parseVolume refuses ${JSON.stringify(text)}`, () =>
      void throws(() => parseVolume(text, resolve), /is no volume/));
  }

  it("parseRestart reads retries, and refuses them elsewhere", () => {
    deepEqual(parseRestart("on-failure:3"), { policy: "on-failure", maxRetries: 3 });
    throws(() => parseRestart("always:3"), /is no restart policy/);
  });

  it("splitWords reads quotes as a shell does, and joinWords writes them", () => {
    const words = ["sh", "-c", "echo 'a b' \"$X\"", ""];
    deepEqual(splitWords(`sh -c "echo 'a b' \\"\\$X\\"" ''`), words);
    deepEqual(splitWords(joinWords(words)), words);
  });

  it("parseEnvFile takes a name alone from the environment", async () => {
    deepEqual(parseEnvFile(await around.read("/work/app/.env"), around.env), { A: "1", USER: "me", B: "x=y" });
  });

  it("sizes are read in powers of 1024 and written in powers of 1000", () => {
    deepEqual([parseSize("512m"), parseSize("1.5g"), parseSize("x")], [536870912, 1610612736, undefined]);
    deepEqual([sizeText(0), sizeText(999), sizeText(1_980_000)], ["0 B", "999 B", "1.98 MB"]);
  });
});

describe("run file", () => {
  it("takes what is right and says what is not", () => {
    const text = `{ "configurations": [ { "name": "a", "image": "x", }, { "name": "b" }, { "name": "a", "image": "y" } ] } // end`;
    const { configurations, problems } = parseRunFile(text);
    deepEqual(
      configurations.map(({ name }) => name),
      ["a"],
    );
    deepEqual(problems, ['configuration 2: "image" is missing', 'configuration 3: "a" is there already']);
  });

  const text = `// mine\n{\n  "other": [1, { "configurations": 2 }],\n  "configurations": [\n    { "name": "a" }, // the first\n    { "name": "b", "x": ["]"] }\n  ]\n}\n`;

  it("elementSpans finds the elements of the outer list", () => {
    const spans = elementSpans(text, "configurations");
    deepEqual(
      spans?.elements.map(({ start, end }) => text.slice(start, end)),
      ['{ "name": "a" }', '{ "name": "b", "x": ["]"] }'],
    );
  });

  it("withElement replaces, appends and begins a list, and leaves the rest as it was", () => {
    const replaced = withElement(text, "configurations", 0, { name: "c" });
    equal(replaced.startsWith("// mine\n"), true);
    equal(replaced.includes("// the first"), true);
    const names = (json: string): string[] =>
      (parseJsonText(json) as { configurations: { name: string }[] }).configurations.map(({ name }) => name);
    deepEqual(names(replaced), ["c", "b"]);
    deepEqual(names(withElement(text, "configurations", -1, { name: "c" })), ["a", "b", "c"]);
    deepEqual(names(withElement('{ "configurations": [] }', "configurations", -1, { name: "c" })), ["c"]);
    deepEqual(names(withElement("", "configurations", -1, { name: "c" })), ["c"]);
    deepEqual(names(withoutElement(text, "configurations", 0)), ["b"]);
    deepEqual(names(withoutElement(text, "configurations", 1)), ["a"]);
  });

  it("containerNameOf makes a name that an engine takes", () => {
    deepEqual(
      ["My Shop!", "-x", "???"].map((name) => containerNameOf({ name, image: "x" })),
      ["My-Shop", "x", "slipway-run"],
    );
  });

  it("containerOptionsOf reads everything, with the labels that find the container again", async () => {
    const made = await containerOptionsOf(
      {
        name: "web",
        image: "nginx:${env:USER}",
        command: "serve --root '/a b'",
        ports: ["8080:80"],
        volumes: ["./src:/app", "~/x:/x"],
        env: { A: "2", F: "${workspaceFolder}" },
        envFiles: [".env"],
        limits: { memory: "1g", cpus: 1.5 },
        restart: "on-failure:2",
      },
      around,
    );
    deepEqual(
      [
        made.image,
        made.command,
        made.env,
        made.limits,
        made.mounts?.map((mount) => "source" in mount && mount.source),
        made.labels,
      ],
      [
        "nginx:me",
        ["serve", "--root", "/a b"],
        { A: "2", USER: "me", B: "x=y", F: "/work/app" },
        { memory: 1073741824, cpus: 1.5, pids: undefined },
        ["/work/app/src", "/home/me/x"],
        { "dev.slipway.folder": "/work/app", "dev.slipway.configuration": "web" },
      ],
    );
  });
});

describe("form of a run configuration", () => {
  it("gives back what it was filled with, and nothing that nobody wrote", () => {
    const configuration = {
      name: "web",
      image: "nginx",
      ports: ["8080:80"],
      env: { A: "b=c" },
      limits: { memory: "1g", cpus: 2 },
      ready: { port: 80, timeoutSeconds: 5 },
      labels: { kept: "yes" },
      remove: true,
    };
    deepEqual(configurationOf(formFields(configuration), configuration), configuration);
    deepEqual(configurationOf(formFields({ name: "a", image: "b" })), { name: "a", image: "b" });
  });

  it("says of each field what is wrong", () => {
    const fields = {
      ...formFields({}),
      ports: "80\nx",
      memory: "much",
      env: "A",
      readyLog: "(",
      restart: "always",
      remove: true,
      cpus: "0",
    };
    deepEqual(Object.keys(fieldProblems(fields, plain)).sort(), [
      "cpus",
      "env",
      "image",
      "memory",
      "name",
      "ports",
      "readyLog",
      "restart",
    ]);
  });
});

describe("docker-run task", () => {
  it("reads the fields of other extensions' files", async () => {
    const made = await dockerRunOptions(
      {
        image: "x",
        ports: [{ containerPort: 80, hostPort: 8080 }],
        volumes: [{ localPath: "src", containerPath: "/s", permissions: "ro" }],
      },
      around,
    );
    deepEqual(
      [made.publish, made.mounts],
      [[{ container: 80, host: 8080 }], [{ type: "bind", source: "/work/app/src", target: "/s", readOnly: true }]],
    );
  });

  it("refuses by name what it would have to drop", async () => {
    await rejects(
      dockerRunOptions({ image: "x", customOptions: "--gpus all" }, around),
      /"dockerRun.customOptions" is not supported/,
    );
    await rejects(dockerRunOptions({ image: "x", os: "Windows" }, around), /"Windows" is not supported/);
  });
});
