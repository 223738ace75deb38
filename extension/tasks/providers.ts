import {
  CustomExecution,
  l10n,
  Task,
  tasks,
  TaskScope,
  workspace,
  type Disposable,
  type TaskDefinition,
  type WorkspaceFolder,
} from "vscode";
import type { ContainerOptions, Engine } from "../../sdk/index.ts";
import type { App } from "../app.ts";
import { dockerRunOptions, type DockerRunFields } from "../model/docker-run-task.ts";
import { containerOptionsOf } from "../model/run-options.ts";
import { removeEarlier, surroundings } from "../session/run-start.ts";
import { RunTask } from "./run-task.ts";

interface DockerRunDefinition extends TaskDefinition {
  readonly dockerRun?: DockerRunFields;
}

interface SlipwayDefinition extends TaskDefinition {
  readonly configuration: string;
}

/** Tasks of type `docker-run`, as other extensions' files have them, and `slipway`, which runs a configuration. */
export function registerTasks(app: App): readonly Disposable[] {
  return [
    tasks.registerTaskProvider("docker-run", {
      // There is nothing to guess: what is in tasks.json is resolved.
      provideTasks: () => [],
      resolveTask: (task) => dockerRunTask(app, task),
    }),
    tasks.registerTaskProvider("slipway", {
      provideTasks: async () => await configurationTasks(app),
      resolveTask: (task) => {
        const folder = folderOf(task);
        return folder && configurationTask(app, folder, task.definition as SlipwayDefinition);
      },
    }),
  ];
}

function dockerRunTask(app: App, { definition, scope, name, ...rest }: Task): Task {
  const folder = folderOf({ scope, ...rest })?.uri.fsPath ?? process.cwd();
  const fields = (definition as DockerRunDefinition).dockerRun ?? {};
  const options = async (engine: Engine): Promise<ContainerOptions> => {
    const made = await dockerRunOptions(fields, surroundings(folder));
    return fields.portsPublishAll ? await withAllPorts(engine, made) : made;
  };
  const execution = new CustomExecution(async () => new RunTask({ app, options }));
  return new Task(definition, scope ?? TaskScope.Workspace, name, "docker-run", execution, []);
}

/** Ports that the image exposes, each on a free one of the host. */
async function withAllPorts(engine: Engine, options: ContainerOptions): Promise<ContainerOptions> {
  const image = await engine.images.find(options.image);
  const config = (await image?.inspect())?.Config;
  const exposed = Object.keys(config?.ExposedPorts ?? {}).map((each) => {
    const [container, protocol = "tcp"] = each.split("/");
    return { container: Number(container), protocol: protocol as "tcp" | "udp" };
  });
  return { ...options, publish: [...(options.publish ?? []), ...exposed] };
}

async function configurationTasks(app: App): Promise<Task[]> {
  return (await app.configurations.list()).flatMap(({ folder, configurations }) => {
    const found = workspace.workspaceFolders?.find(({ uri }) => uri.fsPath === folder);
    if (found === undefined) return [];
    return configurations.map(({ name }) => configurationTask(app, found, { type: "slipway", configuration: name }));
  });
}

function configurationTask(app: App, scope: WorkspaceFolder, definition: SlipwayDefinition): Task {
  const folder = scope.uri.fsPath;
  const options = async (): Promise<ContainerOptions> => {
    const all = (await app.configurations.list()).find((each) => each.folder === folder)?.configurations ?? [];
    const found = all.find(({ name }) => name === definition.configuration);
    if (found === undefined) throw new Error(l10n.t("There is no run configuration {0}.", definition.configuration));
    return await containerOptionsOf(found, surroundings(folder));
  };
  const prepare = (engine: Engine): Promise<void> => removeEarlier(engine, folder, definition.configuration);
  const execution = new CustomExecution(async () => new RunTask({ app, options, prepare }));
  return new Task(definition, scope, definition.configuration, "slipway", execution, []);
}

function folderOf({ scope }: Pick<Task, "scope">): WorkspaceFolder | undefined {
  return typeof scope === "object" ? scope : workspace.workspaceFolders?.[0];
}
