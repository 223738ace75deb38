import type { Duplex } from "node:stream";
import { EngineError } from "../base/errors.ts";
import type { ExitStatus } from "../base/exit-status.ts";
import { nowRfc3339 } from "../base/time.ts";
import type { ControlConnection } from "./control-connection.ts";
import { execFields } from "./exec-fields.ts";
import { size, text, u32, type Field, type Frame } from "./frame.ts";
import { unseenExit } from "./exit-record.ts";
import { Kind, Phase, Tag } from "./protocol.ts";
import type { ExecProcess, ExecTask } from "./runtime.ts";
import { openStream } from "./shim-socket.ts";
import { execStartError, StartError } from "./start-error.ts";

/** FRAME_MAX of shim.h, bytes. What execve(2) takes is less. */
const FRAME_MAX = 4 << 20;

export interface ShimExecsDeps {
  readonly folder: string;
  readonly connection: () => ControlConnection;
}

/** The execs of one container: those that this daemon started, and the news of their ends. */
export class ShimExecs {
  readonly #folder: string;
  readonly #connection: () => ControlConnection;
  readonly #running = new Map<string, (exit: ExitStatus) => void>();

  constructor({ folder, connection }: ShimExecsDeps) {
    this.#folder = folder;
    this.#connection = connection;
  }

  async start(process: ExecProcess, cgroups: readonly string[], signal?: AbortSignal): Promise<ExecTask> {
    const fields = execFields(process, cgroups);
    if (fields.reduce((sum, [, value]) => sum + 6 + value.length, 8) > FRAME_MAX) throw tooLong(process);
    const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>();
    // Before the question: a short process may be over before its answer is read.
    this.#running.set(process.id, resolve);
    try {
      const { answer, stream } = await this.#ask(process, fields, signal);
      return this.#task(process.id, answer.u32(Tag.pid), stream, exited);
    } catch (error) {
      this.#running.delete(process.id);
      throw execStartError(error, process);
    }
  }

  async #ask(
    process: ExecProcess,
    fields: readonly Field[],
    signal?: AbortSignal,
  ): Promise<{ readonly answer: Frame; readonly stream?: Duplex }> {
    if (process.attach !== undefined) return await openStream(this.#folder, Kind.exec, fields, signal);
    return { answer: await this.#connection().request(Kind.exec, fields, signal) };
  }

  #task(id: string, pid: number, stream: Duplex | undefined, exited: Promise<ExitStatus>): ExecTask {
    const ask = async (kind: number, ...fields: readonly Field[]): Promise<void> => {
      await this.#connection().request(kind, [text(Tag.id, id), ...fields]);
    };
    return {
      pid,
      stream,
      exited,
      resize: (rows, columns) => ask(Kind.resize, size(Tag.size, [rows, columns])),
      kill: (signal) => ask(Kind.kill, u32(Tag.signal, signal)),
    };
  }

  /** An exec ended, or, told to a new daemon: had ended while none was there. */
  onEvent(frame: Frame): void {
    const id = frame.text(Tag.id) ?? "";
    if (frame.kind === Kind.execState && frame.u32(Tag.phase) !== Phase.over) return;
    this.#running.get(id)?.({
      code: frame.u32(Tag.code),
      at: frame.text(Tag.time) ?? nowRfc3339(),
      oomKilled: false,
    });
    this.#running.delete(id);
    // Should the shim be gone, it has forgotten everything.
    this.#connection()
      .request(Kind.forget, [text(Tag.id, id)])
      .catch(() => undefined);
  }

  /** The container is over, and all in it. */
  endAll(): void {
    for (const resolve of this.#running.values()) resolve(unseenExit("its end was not seen"));
    this.#running.clear();
  }
}

function tooLong({ args }: ExecProcess): EngineError {
  const message = `OCI runtime exec failed: exec failed: unable to start container process: exec ${args[0] ?? ""}: argument list too long`;
  return new StartError({ exitCode: 126, message });
}
