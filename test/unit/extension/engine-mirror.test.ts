import { deepEqual, equal } from "node:assert/strict";
import { EngineMirror, type Happening, type MirrorSource } from "../../../extension/model/engine-mirror.ts";
import type { wire } from "../../../sdk/index.ts";
import { summary } from "./summaries.ts";

/** An engine whose answers the test gives one by one. */
class Source implements MirrorSource {
  readonly asked: (readonly string[] | undefined)[] = [];
  readonly answers: ((list: readonly wire.ContainerSummary[]) => void)[] = [];
  readonly failures: ((error: Error) => void)[] = [];
  #wake: (() => void) | undefined;
  readonly #happened: Happening[] = [];
  #ended = false;

  containers(_: AbortSignal, ids?: readonly string[]): Promise<readonly wire.ContainerSummary[]> {
    this.asked.push(ids);
    return new Promise((resolve, reject) => {
      this.answers.push(resolve);
      this.failures.push(reject);
    });
  }

  images = async (): Promise<readonly wire.ImageSummary[]> => [];
  networks = async (): Promise<readonly wire.NetworkSummary[]> => [];
  volumes = async (): Promise<readonly wire.Volume[]> => [];

  async events(): Promise<AsyncIterable<Happening>> {
    return this.#events();
  }

  happens(action: string, id: string, type = "container"): void {
    this.#happened.push({ type, action, id, attributes: {} });
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *#events(): AsyncGenerator<Happening, void, undefined> {
    for (;;) {
      const next = this.#happened.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

async function following(): Promise<{ mirror: EngineMirror; source: Source; ended: Promise<void> }> {
  const mirror = new EngineMirror();
  const source = new Source();
  mirror.want("containers");
  const ended = mirror.follow(source, new AbortController().signal);
  await turn();
  return { mirror, source, ended };
}

describe("EngineMirror", () => {
  const states = (mirror: EngineMirror): Record<string, string> =>
    Object.fromEntries(mirror.containers.values().map(({ id, state }) => [id, state]));

  it("asks nothing before a kind is wanted", async () => {
    const mirror = new EngineMirror();
    const source = new Source();
    void mirror.follow(source, new AbortController().signal);
    await turn();
    source.happens("start", "a");
    await turn();
    deepEqual(source.asked, []);
  });

  it("lists once, and then asks about what events name, all of a turn together", async () => {
    const { mirror, source } = await following();
    source.answers[0]!([summary("a", "created"), summary("b", "created")]);
    await turn();
    source.happens("start", "a");
    source.happens("start", "b");
    await turn();
    deepEqual(source.asked, [undefined, ["a", "b"]]);
    source.answers[1]!([summary("a", "running")]);
    await turn();
    deepEqual(states(mirror), { a: "running" });
  });

  it("does not ask for execs and other things that no list shows", async () => {
    const { source } = await following();
    source.answers[0]!([]);
    for (const action of ["exec_create: sh", "exec_start: sh", "exec_die", "resize", "attach"])
      source.happens(action, "a");
    await turn();
    equal(source.asked.length, 1);
  });

  it("one answer that never comes holds up no other container", async () => {
    const { mirror, source } = await following();
    source.answers[0]!([summary("a", "created"), summary("b", "created")]);
    await turn();
    source.happens("start", "a");
    await turn();
    source.happens("start", "b");
    await turn();
    source.answers[2]!([summary("b", "running")]);
    await turn();
    deepEqual(states(mirror), { a: "created", b: "running" });
  });

  it("an older answer does not undo a newer one", async () => {
    const { mirror, source } = await following();
    source.answers[0]!([summary("a", "created")]);
    await turn();
    source.happens("start", "a");
    await turn();
    source.happens("die", "a");
    await turn();
    source.answers[2]!([summary("a", "exited")]);
    await turn();
    source.answers[1]!([summary("a", "running")]);
    await turn();
    deepEqual(states(mirror), { a: "exited" });
  });

  it("a list that was asked for before a removal does not bring the container back", async () => {
    const { mirror, source } = await following();
    source.happens("destroy", "a");
    await turn();
    source.answers[1]!([]);
    await turn();
    source.answers[0]!([summary("a", "running"), summary("b", "running")]);
    await turn();
    deepEqual(states(mirror), { b: "running" });
  });

  it("keeps what it knows when the engine goes, and replaces it when it is back", async () => {
    const { mirror, source, ended } = await following();
    source.answers[0]!([summary("a", "running")]);
    await turn();
    source.end();
    await ended;
    deepEqual(states(mirror), { a: "running" });
    const again = new Source();
    void mirror.follow(again, new AbortController().signal);
    await turn();
    again.answers[0]!([summary("b", "running")]);
    await turn();
    deepEqual(states(mirror), { b: "running" });
  });

  it("tells of errors and stays alive", async () => {
    const errors: unknown[] = [];
    const mirror = new EngineMirror({ onError: (error) => errors.push(error) });
    const source = new Source();
    mirror.want("containers");
    void mirror.follow(source, new AbortController().signal);
    await turn();
    source.failures[0]!(new Error("rubbish"));
    await turn();
    equal(errors.length, 1);
    source.happens("create", "a");
    await turn();
    equal(source.asked.length, 2);
  });
});
