import type { ExecCreateBody, ExecCreateResponse, ExecInspect } from "../../contract/index.ts";
import type { AttachedStream } from "./attached-stream.ts";
import { segment, type Caller } from "./caller.ts";

/** `/exec`, as the API has it: further processes of a container. */
export class ExecsApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async create(container: string, body: ExecCreateBody, signal?: AbortSignal): Promise<ExecCreateResponse> {
    return await this.#caller.call("POST", `/containers/${segment(container)}/exec`, { json: body, signal });
  }

  /** Starts it with its stdio on this connection. `ConsoleSize` is rows and columns. */
  async start(
    id: string,
    body: { readonly Tty?: boolean; readonly ConsoleSize?: readonly [number, number] } = {},
    signal?: AbortSignal,
  ): Promise<AttachedStream> {
    return await this.#caller.upgrade(`/exec/${segment(id)}/start`, { json: { Detach: false, ...body }, signal });
  }

  async startDetached(id: string, body: { readonly Tty?: boolean } = {}, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("POST", `/exec/${segment(id)}/start`, { json: { Detach: true, ...body }, signal });
  }

  /** Size of its terminal, in characters. */
  async resize(id: string, size: { readonly h: number; readonly w: number }, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("POST", `/exec/${segment(id)}/resize`, { query: { ...size }, signal });
  }

  async inspect(id: string, signal?: AbortSignal): Promise<ExecInspect> {
    return await this.#caller.get(`/exec/${segment(id)}/json`, {}, signal);
  }
}
