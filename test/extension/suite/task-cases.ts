import { equal } from "node:assert/strict";
import { tasks, workspace, type Task } from "vscode";
import type { Context } from "./context.ts";

export function taskCases(given: () => Context): void {
  describe("tasks", () => {
    const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
    const image = "busybox:latest";

    before(async () => {
      const job = { name: "job", image, command: "sh -c 'exit 3'", remove: true };
      await given().app.configurations.save(folder, undefined, job);
    });

    after(async () => await given().app.configurations.remove(folder, "job"));

    it("docker-run runs a container with the fields of tasks.json and ends with its code", async () => {
      equal(await codeOf(await named("docker-run", "run it")), 5);
    });

    it("docker-run refuses a field that it does not know", async () => {
      equal(await codeOf(await named("docker-run", "odd")), 1);
    });

    it("slipway offers the run configurations", async () => {
      equal(await codeOf(await named("slipway", "job")), 3);
    });
  });
}

async function named(type: string, name: string): Promise<Task> {
  const found = await tasks.fetchTasks({ type });
  const task = found.find((each) => each.name === name);
  if (task === undefined) throw new Error(`no task ${name} in ${found.map((each) => each.name).join(", ")}`);
  return task;
}

async function codeOf(task: Task): Promise<number | undefined> {
  const ended = new Promise<number | undefined>((resolve) => {
    const listener = tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== task.name) return;
      listener.dispose();
      resolve(exitCode);
    });
  });
  await tasks.executeTask(task);
  return await ended;
}
