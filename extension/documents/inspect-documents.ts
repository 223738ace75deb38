import { EventEmitter, l10n, Uri, window, workspace, type Disposable, type TextDocumentContentProvider } from "vscode";
import { thisMachine } from "../../sdk/cli/doctor/machine.ts";
import { NotFound, type Engine } from "../../sdk/index.ts";
import type { Happening } from "../model/engine-mirror.ts";
import { doctorText } from "../session/doctor.ts";
import type { Session } from "../session/session.ts";
import { historyText } from "./history-text.ts";

export const SCHEME = "slipway";

export interface Inspected {
  readonly kind: "container" | "image" | "history" | "network" | "volume" | "engine" | "doctor";
  readonly id: string;
  /** For the title of the tab. */
  readonly name: string;
}

/** An engine that does not answer an inspect must not hold the editor for ever. */
const PATIENCE_MS = 20_000;
/** A question that is younger is let alone when there is news: one that many events concern would never be answered. */
const STALE_MS = 1000;
const PLAIN = new Set(["history", "doctor"]);

interface Question {
  readonly begun: number;
  readonly abort: AbortController;
}

/** Read-only documents about the engine's objects, written anew when an event tells that one has changed. */
export class InspectDocuments implements TextDocumentContentProvider, Disposable {
  readonly #session: Session;
  readonly #changed = new EventEmitter<Uri>();
  /** Not answered yet, by document. */
  readonly #questions = new Map<string, Question>();
  readonly onDidChange = this.#changed.event;
  readonly #registration: Disposable;

  constructor(session: Session) {
    this.#session = session;
    this.#registration = workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  async open(what: Inspected): Promise<void> {
    const uri = uriOf(what);
    // One that is open already shows what is true now.
    this.#askAnew(uri);
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
  }

  /** Something happened on the engine. */
  take({ type, id, attributes }: Happening): void {
    for (const { uri } of workspace.textDocuments) {
      if (uri.scheme !== SCHEME) continue;
      const what = inspectedOf(uri);
      const named = what.id === id || what.id === attributes["container"] || what.id === attributes["name"];
      if (named && (what.kind === type || what.kind === "container")) this.#askAnew(uri);
    }
  }

  /** The engine came back: what was open is asked for again. */
  refresh(): void {
    for (const { uri } of workspace.textDocuments) if (uri.scheme === SCHEME) this.#askAnew(uri);
  }

  /** VS Code asks for a document again only when its last question has ended. */
  #askAnew(uri: Uri): void {
    const open = this.#questions.get(uri.toString());
    if (open !== undefined && performance.now() - open.begun > STALE_MS) open.abort.abort();
    this.#changed.fire(uri);
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const what = inspectedOf(uri);
    if (what.kind === "doctor") return doctorText(thisMachine(process.env));
    const key = uri.toString();
    const question = { begun: performance.now(), abort: new AbortController() };
    this.#questions.set(key, question);
    try {
      const signal = AbortSignal.any([question.abort.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const answer = await inspect(await this.#session.engine(), what, signal);
      return typeof answer === "string" ? answer : `${JSON.stringify(answer, undefined, 2)}\n`;
    } catch (error) {
      if (question.abort.signal.aborted) return shownNow(key);
      return `${JSON.stringify({ problem: problemText(error, what) }, undefined, 2)}\n`;
    } finally {
      if (this.#questions.get(key) === question) this.#questions.delete(key);
    }
  }

  dispose(): void {
    for (const { abort } of this.#questions.values()) abort.abort();
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

async function inspect(engine: Engine, { kind, id }: Inspected, signal: AbortSignal): Promise<unknown> {
  switch (kind) {
    case "container":
      return await engine.api.containers.inspect(id, {}, signal);
    case "image":
      return await engine.images.withId(id).inspect(signal);
    case "history":
      return historyText(await engine.images.withId(id).history(signal));
    case "network":
      return await engine.api.networks.inspect(id, {}, signal);
    case "volume":
      return await engine.api.volumes.inspect(id, signal);
    default:
      return { version: await engine.version(signal), info: await engine.info(signal) };
  }
}

/** The answer to a question that another one follows. */
function shownNow(uri: string): string {
  return workspace.textDocuments.find((each) => each.uri.toString() === uri)?.getText() ?? "";
}

function problemText(error: unknown, { name }: Inspected): string {
  if (error instanceof NotFound) return l10n.t("{0} is no more.", name);
  if ((error as Error).name === "TimeoutError")
    return l10n.t("The engine did not answer within {0} seconds.", PATIENCE_MS / 1000);
  return (error as Error).message;
}

function uriOf({ kind, id, name }: Inspected): Uri {
  const title = `${name.replace(/[/\\:]+/g, "_")}${PLAIN.has(kind) ? ".txt" : ".json"}`;
  return Uri.from({ scheme: SCHEME, path: `/${kind}/${encodeURIComponent(id)}/${title}`, query: name });
}

function inspectedOf(uri: Uri): Inspected {
  const [, kind = "", id = ""] = uri.path.split("/");
  return { kind: kind as Inspected["kind"], id: decodeURIComponent(id), name: uri.query };
}
