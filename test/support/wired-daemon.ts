/** The built daemon with a second host on a wire, driven through the docker CLI: what tests of its networks share. */
import { ok } from "node:assert/strict";
import { TestDaemon } from "./daemon.ts";
import { docker, dockerOk } from "./docker-cli.ts";
import { SecondHost, WHO } from "./second-host.ts";

export const SLEEP = ["busybox", "sleep", "1000"] as const;

export class WiredDaemon implements AsyncDisposable {
  readonly daemon: TestDaemon;
  readonly second: SecondHost;

  private constructor(daemon: TestDaemon, second: SecondHost) {
    this.daemon = daemon;
    this.second = second;
  }

  static async start(): Promise<WiredDaemon> {
    await using undo = new AsyncDisposableStack();
    const daemon = undo.use(await TestDaemon.start());
    const second = await SecondHost.beside(daemon.netns);
    undo.move();
    return new WiredDaemon(daemon, second);
  }

  /** Removes containers and networks. */
  async clear(): Promise<void> {
    const ids = (await dockerOk(this.daemon, "ps", "-aq")).split("\n").filter((each) => each !== "");
    if (ids.length > 0) await dockerOk(this.daemon, "rm", "-f", ...ids);
    await dockerOk(this.daemon, "network", "prune", "-f");
  }

  /** Starts a container that sleeps. */
  async run(name: string, ...options: readonly string[]): Promise<string> {
    return await dockerOk(this.daemon, "run", "-d", "--name", name, ...options, ...SLEEP);
  }

  /** Starts one that says who asks; resolves when it answers. */
  async serve(name: string, ...options: readonly string[]): Promise<void> {
    await dockerOk(this.daemon, "run", "-d", "--name", name, ...options, ...WHO);
    for await (const line of this.daemon.lines(`/containers/${name}/logs?follow=1&stdout=1`))
      if (line.includes("serving")) break;
    const untilItAnswers = "until wget -qO- localhost/cgi-bin/who >/dev/null 2>&1; do :; done";
    await dockerOk(this.daemon, "exec", name, "sh", "-c", untilItAnswers);
  }

  async inspect<T>(name: string, template: string): Promise<T> {
    return JSON.parse(await dockerOk(this.daemon, "inspect", "-f", `{{json ${template}}}`, name)) as T;
  }

  /** The engine's words for a command that has to fail. */
  async refusal(...args: readonly string[]): Promise<string> {
    const { code, stderr } = await docker(this.daemon, args);
    ok(code !== 0, `docker ${args.join(" ")} was not refused`);
    const [text = ""] = stderr.split("\n\nRun 'docker");
    return text
      .replace(/^docker: /, "")
      .replace("Error response from daemon: ", "")
      .trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.second[Symbol.asyncDispose]();
    await this.daemon[Symbol.asyncDispose]();
  }
}
