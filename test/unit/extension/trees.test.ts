import { deepEqual, equal, notEqual } from "node:assert/strict";
import { addressOf, belongsTo, containerOf } from "../../../extension/model/container.ts";
import { containersTree, type ContainersTreeOptions } from "../../../extension/model/containers-tree.ts";
import { imagesTree, networksTree, volumesTree } from "../../../extension/model/objects-trees.ts";
import { reconcile } from "../../../extension/model/reconcile.ts";
import { plain } from "../../../extension/model/translate.ts";
import type { TreeNode } from "../../../extension/model/tree-node.ts";
import { container, summary } from "./summaries.ts";

const options: ContainersTreeOptions = {
  groupBy: "none",
  groupLabel: "",
  order: "name",
  label: "{name}",
  description: "{image}",
  filter: "",
  onlyFolders: undefined,
  t: plain,
};
const tree = (list: Parameters<typeof containersTree>[0], other: Partial<ContainersTreeOptions> = {}): TreeNode[] =>
  containersTree(list, { ...options, ...other });
const labels = (rows: readonly TreeNode[]): unknown[] =>
  rows.map(({ label, children }) => (children === undefined ? label : [label, ...labels(children)]));
const project = (name: string) => ({ Labels: { "com.docker.compose.project": name } });

describe("containerOf", () => {
  it("reads health and exit code out of the status", () => {
    equal(containerOf(summary("a", "running", { Status: "Up 2 hours (unhealthy)" })).health, "unhealthy");
    equal(containerOf(summary("a", "running", { Status: "Up 1 second (health: starting)" })).health, "starting");
    equal(containerOf(summary("a", "exited", { Status: "Exited (137) 3 minutes ago" })).exitCode, 137);
  });

  it("does not change as time passes", () => {
    const at = (Status: string) => containerOf(summary("a", "running", { Status }));
    deepEqual(at("Up 2 hours"), at("Up 3 hours"));
  });

  it("shows a port that is published for both families once", () => {
    const Ports = [
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
      { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    ];
    const { ports } = container("a", "running", { Ports });
    deepEqual(
      ports.map((port) => addressOf(port)),
      ["http://localhost:8080"],
    );
  });

  it("belongs to the workspace by a label or a mount, not by a folder that begins alike", () => {
    const mounted = (Source: string) =>
      container("a", "running", {
        Mounts: [{ Type: "bind", Source, Destination: "/src", Mode: "", RW: true, Propagation: "" }],
      });
    equal(belongsTo(mounted("/work/app/src"), ["/work/app"]), true);
    equal(belongsTo(mounted("/work/app2"), ["/work/app"]), false);
  });
});

describe("containersTree", () => {
  it("groups compose projects, and leaves what belongs to none by itself", () => {
    const list = [
      container("b", "running", project("shop")),
      container("a", "exited", project("shop")),
      container("z"),
    ];
    const rows = tree(list, { groupBy: "project" });
    deepEqual(labels(rows), [["shop", "a", "b"], "z"]);
    equal(rows[0]?.description, "1 of 2 running");
  });

  it("shows a container on two networks in both, with rows of their own", () => {
    const on = container("a", "running", { NetworkSettings: { Networks: { x: {}, y: {} } } });
    const rows = tree([on], { groupBy: "network" });
    deepEqual(labels(rows), [
      ["x", "a"],
      ["y", "a"],
    ]);
    notEqual(rows[0]?.children?.[0]?.id, rows[1]?.children?.[0]?.id);
  });

  it("filters by words and by properties", () => {
    const list = [container("web"), container("db", "exited")];
    deepEqual(labels(tree(list, { filter: "WEB" })), ["web"]);
    deepEqual(labels(tree(list, { filter: "state:exited busybox" })), ["db"]);
  });

  it("fills label and description, and shows a name that it does not know", () => {
    const [row] = tree([container("web")], { label: "{name} ({state})", description: "{what}" });
    deepEqual([row?.label, row?.description], ["web (running)", "{what}"]);
  });

  it("takes no Markdown from names and commands", () => {
    const [row] = tree([container("web", "running", { Command: "[x](command:evil)" })]);
    equal(row?.tooltip.includes("[x]("), false);
  });

  for (const [order, wanted] of [
    ["name", ["a2", "a10", "b"]],
    ["created", ["b", "a10", "a2"]],
    ["state", ["b", "a2", "a10"]],
  ] as const) {
    it(`sorts by ${order}`, () => {
      const list = [
        container("a10", "exited", { Created: 2 }),
        container("b", "running", { Created: 3 }),
        container("a2", "exited", { Created: 1 }),
      ];
      deepEqual(labels(tree(list, { order })), [...wanted]);
    });
  }
});

describe("imagesTree, networksTree, volumesTree", () => {
  const image = (id: string, ...tags: string[]) => ({ id, tags, digests: [], created: 0, size: 2e6, labels: {} });

  it("shows a repository with one tag as that image, one with several above them, and the nameless apart", () => {
    const images = [image("sha256:1", "app:1"), image("sha256:2", "lib:1", "lib:2"), image("sha256:3")];
    const rows = imagesTree(images, [container("a")], { filter: "", order: "name", showDangling: true, t: plain });
    deepEqual(labels(rows), ["app", ["lib", "2", "1"], ["Without a name", "3"]]);
    equal(rows[0]?.description, "1  2 MB  in use");
  });

  it("shows who is on a network and who uses a volume, without asking for either", () => {
    const Mounts = [
      { Type: "volume", Name: "data", Source: "/x", Destination: "/data", Mode: "", RW: true, Propagation: "" },
    ];
    const user = container("a", "running", { Mounts, NetworkSettings: { Networks: { back: {} } } });
    const network = { id: "n", name: "back", driver: "bridge", internal: false, subnets: [], labels: {} };
    const volume = { name: "data", driver: "local", mountpoint: "/x", labels: {} };
    deepEqual(labels(networksTree([network], [user], { filter: "", t: plain })), [["back", "a"]]);
    deepEqual(labels(volumesTree([volume], [user], { filter: "", t: plain })), [["data", "a"]]);
  });
});

describe("reconcile", () => {
  it("keeps the objects of rows, and redraws only what is different", () => {
    const before = tree([container("a"), container("b")]);
    const { rows, redraw } = reconcile(before, tree([container("a"), container("b", "exited")]));
    equal(rows[0], before[0]);
    equal(rows[1], before[1]);
    deepEqual(redraw, [before[1]]);
    equal(before[1]?.context, "container.exited");
  });

  it("redraws nothing for the same rows, and all when one comes", () => {
    const before = tree([container("a")]);
    deepEqual(reconcile(before, tree([container("a")])).redraw, []);
    equal(reconcile(before, tree([container("a"), container("b")])).redraw, "all");
  });

  it("redraws the group whose members changed, not the others", () => {
    const groups = (...names: string[]) =>
      tree(
        [...names.map((name) => container(name, "running", project("one"))), container("z", "running", project("two"))],
        {
          groupBy: "project",
        },
      );
    const before = groups("a");
    deepEqual(reconcile(before, groups("a", "b")).redraw, [before[0]]);
  });
});
