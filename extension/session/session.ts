import { isDeepStrictEqual } from "node:util";
import type { Engine } from "../../sdk/index.ts";
import type { EngineMirror } from "../model/engine-mirror.ts";
import { Patience } from "./come-back.ts";
import { openEngine, type BundledEngine, type EngineChoice } from "./engine-choice.ts";
import { mirrorSource } from "./engine-source.ts";

/** `away` is an engine that was there and is being waited for; `unavailable` one that was never reached. */
export type SessionState =
  | { readonly status: "idle" }
  | { readonly status: "connecting" }
  | { readonly status: "connected"; readonly engine: Engine; readonly name: string }
  | { readonly status: "away"; readonly host: string; readonly reason: string }
  | { readonly status: "unavailable"; readonly error: Error };

export interface SessionDeps {
  readonly mirror: EngineMirror;
  /** Read anew each time: an editor may know its settings only some time after it activated us. */
  readonly bundled: () => BundledEngine;
  readonly choice: () => EngineChoice;
  readonly log: (text: string) => void;
}

/**
 * The window's engine: chosen, reached, followed, and reached again when it went away. Nothing happens before somebody asks for it. All
 * that the views show is in the mirror, which outlives an engine that is away.
 */
export class Session implements AsyncDisposable {
  readonly #deps: SessionDeps;
  readonly #listeners = new Set<(state: SessionState) => void>();
  #state: SessionState = { status: "idle" };
  /** The restart under way, behind those before it: two runs at once would start two engines on one data root. */
  #restarting: Promise<void> | undefined;
  #run: { readonly choice: EngineChoice; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  get state(): SessionState {
    return this.#state;
  }

  onChange(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Begins, if it has not. */
  open(): void {
    if (this.#run === undefined && this.#restarting === undefined) this.#begin();
  }

  /**
   * The engine, reached now if it was not. One that could not be reached before is tried again: a command of the user asks for it.
   * @throws EngineUnavailable, or an Error that it is away.
   */
  async engine(): Promise<Engine> {
    await this.#restarting;
    if (this.#state.status === "unavailable") await this.restart();
    this.open();
    return await new Promise((resolve, reject) => {
      const settle = (state: SessionState): void => {
        if (state.status === "idle" || state.status === "connecting") return;
        forget();
        if (state.status === "connected") resolve(state.engine);
        else reject(state.status === "away" ? new Error(state.reason) : state.error);
      };
      const forget = this.onChange(settle);
      settle(this.#state);
    });
  }

  /** Lets go of the engine and begins anew with what the setting says now. */
  async restart(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#end();
      this.#begin();
    });
  }

  /** Goes to the engine that the setting names now, unless it is this one: an editor may tell of one change more than once. */
  async switch(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#run === undefined || isDeepStrictEqual(this.#run.choice, this.#deps.choice())) return;
      await this.#end();
      this.#deps.mirror.clear();
      this.#begin();
    });
  }

  async #inTurn(body: () => Promise<void>): Promise<void> {
    const work = (this.#restarting ?? Promise.resolve()).then(body);
    this.#restarting = work;
    try {
      await work;
    } finally {
      if (this.#restarting === work) this.#restarting = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    this.#listeners.clear();
  }

  #begin(): void {
    const stop = new AbortController();
    const choice = this.#deps.choice();
    const ended = this.#follow(choice, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) this.#set({ status: "unavailable", error: error as Error });
    });
    this.#run = { choice, stop, ended };
  }

  async #end(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    run?.stop.abort();
    await run?.ended;
    this.#set({ status: "idle" });
  }

  /** Ends when it is told to, or when the engine could not be reached the first time. */
  async #follow(choice: EngineChoice, signal: AbortSignal): Promise<void> {
    this.#set({ status: "connecting" });
    let engine = await openEngine(choice, this.#deps.bundled(), signal);
    for (;;) {
      const { host } = engine;
      const reason = await this.#live(engine, signal);
      signal.throwIfAborted();
      this.#deps.log(`the engine at ${host} is away: ${reason}`);
      this.#set({ status: "away", host, reason });
      engine = await this.#again(choice, host, signal);
    }
  }

  /** Until its events end. @returns why they did */
  async #live(engine: Engine, signal: AbortSignal): Promise<string> {
    try {
      const name = await engineName(engine, signal);
      await this.#deps.mirror.follow(mirrorSource(engine), signal, () => {
        this.#deps.log(`connected to ${name} at ${engine.host}`);
        this.#set({ status: "connected", engine, name });
      });
      return "its events ended";
    } catch (error) {
      return (error as Error).message;
    } finally {
      // A bundled engine ends with it; one that is gone already does not mind.
      await engine[Symbol.asyncDispose]().catch((error: unknown) => this.#deps.log(String(error)));
    }
  }

  async #again(choice: EngineChoice, host: string, signal: AbortSignal): Promise<Engine> {
    const patience = new Patience(host);
    for (;;) {
      await patience.next(signal);
      try {
        return await openEngine(choice, this.#deps.bundled(), signal);
      } catch {
        signal.throwIfAborted();
      }
    }
  }

  #set(state: SessionState): void {
    if (state.status === "idle" && this.#state.status === "idle") return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

/** `Slipway 0.1.0`, `Docker Engine - Community 28.2.2` */
async function engineName(engine: Engine, signal: AbortSignal): Promise<string> {
  const version = await engine.version(signal);
  const platform = version.Platform?.Name || "Docker";
  const own = version.Components?.find(({ Name }) => /slipway/i.test(Name))?.Version;
  return platform.includes(own ?? version.Version) ? platform : `${platform} ${own ?? version.Version}`;
}
