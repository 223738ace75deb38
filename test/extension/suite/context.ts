/** The extension under test, as its own commands see it. */
import { ok } from "node:assert/strict";
import { commands, extensions } from "vscode";
import type { App } from "../../../extension/app.ts";
import type { Container as Item } from "../../../extension/model/container.ts";
import type { Change, ObjectStore } from "../../../extension/model/object-store.ts";
import { treeNode, type Subject, type TreeNode } from "../../../extension/model/tree-node.ts";
import type { Container, CreateOptions, Engine } from "../../../sdk/index.ts";
import { ScriptedUi } from "./scripted-ui.ts";

export const IMAGE = "busybox:latest";

export class Context {
  readonly app: App;
  ui = new ScriptedUi();

  private constructor(app: App) {
    this.app = app;
  }

  static async activate(): Promise<Context> {
    const extension = extensions.getExtension<App>("slipway.slipway-vscode");
    ok(extension, "the extension is not there");
    return new Context(await extension.activate());
  }

  /** Fresh answers for each test. */
  freshUi(): ScriptedUi {
    this.ui = new ScriptedUi();
    this.app.ui = this.ui;
    return this.ui;
  }

  get engine(): Promise<Engine> {
    return this.app.session.engine();
  }

  /** Runs a command on rows, and fails with what the user would have been told. */
  async run(command: string, ...subjects: readonly Subject[]): Promise<void> {
    const nodes = subjects.map((subject, index): TreeNode => treeNode({ id: `test/${index}`, label: "", subject }));
    await commands.executeCommand(`slipway.${command}`, nodes[0], nodes.length > 1 ? nodes : undefined);
    const failure = this.ui.said.find((text) => text.startsWith("failed: "));
    ok(failure === undefined, failure);
  }

  /** A container that runs until it is told otherwise. */
  async running(options: Partial<CreateOptions> = {}): Promise<Container> {
    const engine = await this.engine;
    const container = await engine.containers.create({
      image: IMAGE,
      command: ["sleep", "1000"],
      stopTimeout: 0,
      ...options,
    });
    await container.start();
    await this.until(this.app.mirror.containers, () => this.item(container.id)?.state === "running");
    return container;
  }

  item(id: string): Item | undefined {
    return this.app.mirror.containers.get(id);
  }

  /** Resolves when the store says so; it is told of by events, so nothing is polled. */
  async until<T>(store: ObjectStore<T>, holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const forget = store.onChange((_: Change) => {
        if (!holds()) return;
        forget();
        resolve();
      });
    });
  }
}
