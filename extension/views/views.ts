import { commands, Disposable, l10n, workspace } from "vscode";
import { isUp } from "../model/container.ts";
import { containersTree } from "../model/containers-tree.ts";
import type { EngineMirror, Kind } from "../model/engine-mirror.ts";
import { imagesTree, networksTree, volumesTree } from "../model/objects-trees.ts";
import { configurationsTree, registriesTree } from "../model/saved-trees.ts";
import type { Translate } from "../model/translate.ts";
import type { TreeNode } from "../model/tree-node.ts";
import type { Registries } from "../session/registries.ts";
import type { RunConfigurations } from "../session/run-configurations.ts";
import type { Session, SessionState } from "../session/session.ts";
import { NodeView } from "./node-view.ts";
import { viewSettings, workspaceFolders } from "./settings.ts";

export type ViewName = "containers" | "images" | "networks" | "volumes" | "registries" | "configurations";

export interface ViewsDeps {
  readonly session: Session;
  readonly mirror: EngineMirror;
  readonly registries: Registries;
  readonly configurations: RunConfigurations;
}

const t = l10n.t as Translate;

/** The six trees of the side bar, and what the user filters them by. */
export class Views implements Disposable {
  readonly containers: NodeView;
  readonly images: NodeView;
  readonly networks: NodeView;
  readonly volumes: NodeView;
  readonly registries: NodeView;
  readonly configurations: NodeView;
  readonly #deps: ViewsDeps;
  readonly #filters = new Map<ViewName, string>();
  readonly #told = new Map<Kind, boolean>();
  readonly #disposables: Disposable[] = [];

  constructor(deps: ViewsDeps) {
    this.#deps = deps;
    const { mirror } = deps;
    this.containers = this.#mirrored("containers", ["containers"], () => this.#containerRows());
    this.images = this.#mirrored("images", ["images", "containers"], () => {
      const { imageOrder, showDangling } = viewSettings();
      const options = { filter: this.filter("images"), order: imageOrder, showDangling, t };
      return imagesTree(mirror.images.values(), mirror.containers.values(), options);
    });
    this.networks = this.#mirrored("networks", ["networks", "containers"], () =>
      networksTree(mirror.networks.values(), mirror.containers.values(), { filter: this.filter("networks"), t }),
    );
    this.volumes = this.#mirrored("volumes", ["volumes", "containers"], () =>
      volumesTree(mirror.volumes.values(), mirror.containers.values(), { filter: this.filter("volumes"), t }),
    );
    this.registries = this.#saved("registries");
    this.configurations = this.#saved("configurations");
    this.#disposables.push(
      new Disposable(deps.session.onChange((state) => this.#sessionChanged(state))),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("slipway")) this.#all((view) => view.changed());
      }),
      workspace.onDidChangeWorkspaceFolders(() => this.#all((view) => view.changed())),
    );
  }

  filter(view: ViewName): string {
    return this.#filters.get(view) ?? "";
  }

  setFilter(name: ViewName, text: string): void {
    this.#filters.set(name, text);
    this[name].view.description = text === "" ? "" : l10n.t("filter: {0}", text);
    void commands.executeCommand("setContext", `slipway.filtered.${name}`, text !== "");
    this[name].changed();
  }

  dispose(): void {
    for (const each of this.#disposables) each.dispose();
  }

  #containerRows() {
    const { onlyWorkspace, ...settings } = viewSettings();
    return containersTree(this.#deps.mirror.containers.values(), {
      ...settings,
      filter: this.filter("containers"),
      onlyFolders: onlyWorkspace ? workspaceFolders() : undefined,
      t,
    });
  }

  #mirrored(name: Kind, kinds: readonly Kind[], build: () => ReturnType<typeof imagesTree>): NodeView {
    const { mirror, session } = this.#deps;
    const badge = (): { value: number; tooltip: string } => {
      const value = mirror.containers.values().filter(isUp).length;
      return { value, tooltip: l10n.t("{0} containers run", value) };
    };
    const view: NodeView = new NodeView({
      id: `slipway.${name}`,
      build,
      onFirstUse: async () => {
        for (const kind of kinds) {
          mirror.want(kind);
          this.#disposables.push(new Disposable(mirror[kind].onChange(() => view.changed())));
        }
        this.#disposables.push(new Disposable(mirror[name].onChange(() => this.#listed(name))));
        session.open();
        await this.#known(name);
      },
      ...(name === "containers" ? { badge } : {}),
    });
    this.#disposables.push(view);
    return view;
  }

  #saved(name: "registries" | "configurations"): NodeView {
    const { registries, configurations, mirror, session } = this.#deps;
    const build =
      name === "registries"
        ? () => registriesTree(registries.list(), t)
        : async () => configurationsTree(await configurations.list(), mirror.containers.values(), t);
    const ask = (how: "want" | "retry", { subject }: TreeNode): void => {
      if (subject.type === "registry") void registries[how](subject.address);
      else if (subject.type === "repository") void registries[how](subject.address, subject.repository);
    };
    const lazily = {
      onChildren: (node: TreeNode) => ask("want", node),
      onUnfold: (node: TreeNode) => ask("retry", node),
    };
    const view: NodeView = new NodeView({
      id: `slipway.${name}`,
      build,
      ...(name === "registries" ? lazily : {}),
      onFirstUse: () => {
        this.#disposables.push(new Disposable(this.#deps[name].onChange(() => view.changed())));
        if (name !== "configurations") return;
        mirror.want("containers");
        this.#disposables.push(new Disposable(mirror.containers.onChange(() => view.changed())));
        session.open();
      },
    });
    this.#disposables.push(view);
    return view;
  }

  /** Settles when the engine has told what it has, or does not tell. */
  async #known(name: Kind): Promise<void> {
    const { mirror, session } = this.#deps;
    using listening = new DisposableStack();
    await new Promise<void>((resolve) => {
      const look = (): void => {
        const { status } = session.state;
        if (mirror[name].asked || status === "away" || status === "unavailable") resolve();
      };
      listening.defer(mirror[name].onChange(look));
      listening.defer(session.onChange(look));
      look();
    });
  }

  /** That there is nothing may be said only once the engine was asked. */
  #listed(name: Kind): void {
    const { filled } = this.#deps.mirror[name];
    if (filled === (this.#told.get(name) ?? false)) return;
    this.#told.set(name, filled);
    void commands.executeCommand("setContext", `slipway.listed.${name}`, filled);
  }

  /** The welcome texts of package.json depend on this; rows of an engine that is away stay. */
  #sessionChanged(state: SessionState): void {
    void commands.executeCommand("setContext", "slipway.engine", state.status);
    const message = state.status === "away" ? l10n.t("The engine is away; its last state is shown.") : undefined;
    for (const name of ["containers", "images", "networks", "volumes"] as const) this[name].view.message = message;
  }

  #all(act: (view: NodeView) => void): void {
    for (const name of ["containers", "images", "networks", "volumes", "registries", "configurations"] as const)
      act(this[name]);
  }
}
