import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Engine, EngineUnavailable } from "../../sdk/index.ts";

/** Which engine the window works with, as the setting `slipway.engine` says it. */
export type EngineChoice =
  | { readonly kind: "automatic" }
  | { readonly kind: "bundled" }
  | { readonly kind: "context"; readonly name: string }
  | { readonly kind: "host"; readonly host: string };

export function parseChoice(text: string): EngineChoice {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "auto") return { kind: "automatic" };
  if (trimmed === "bundled") return { kind: "bundled" };
  if (trimmed.startsWith("context:")) return { kind: "context", name: trimmed.slice("context:".length) };
  return { kind: "host", host: trimmed };
}

/** Where the engine that comes with the extension keeps things. */
export interface BundledEngine {
  readonly dataRoot: string;
  readonly socket: string;
  /** False where it cannot run: no Linux, no root. */
  readonly possible: boolean;
  readonly onLog: (text: string) => void;
}

/**
 * The engine of a choice. `automatic` takes what the environment names or what listens on the usual sockets; where nobody chose an address
 * and nothing answers, the bundled engine.
 * @throws EngineUnavailable with what was tried.
 */
export async function openEngine(choice: EngineChoice, bundled: BundledEngine, signal: AbortSignal): Promise<Engine> {
  switch (choice.kind) {
    case "host":
      return await Engine.connect({ host: choice.host, signal });
    case "context":
      return await Engine.connect({ context: choice.name, signal });
    case "bundled":
      return await openBundled(bundled, signal);
    case "automatic":
      return await openAutomatic(bundled, signal);
  }
}

async function openAutomatic(bundled: BundledEngine, signal: AbortSignal): Promise<Engine> {
  try {
    return await Engine.connect({ signal });
  } catch (error) {
    // An address that somebody chose is binding: containers must not land in another engine unseen.
    const chosen =
      error instanceof EngineUnavailable && error.attempts.some(({ source }) => /^(DOCKER_HOST|context)/.test(source));
    if (chosen || !bundled.possible || !(error instanceof EngineUnavailable)) throw error;
  }
  return await openBundled(bundled, signal);
}

/** Another window's, if it runs: two engines cannot share a data root. */
async function openBundled(bundled: BundledEngine, signal: AbortSignal): Promise<Engine> {
  try {
    return await Engine.connect({ host: `unix://${bundled.socket}`, signal });
  } catch {
    signal.throwIfAborted();
  }
  await mkdir(dirname(bundled.socket), { recursive: true, mode: 0o711 });
  const { dataRoot, socket, onLog } = bundled;
  return await Engine.start({ dataRoot, socket, onLog, signal });
}
