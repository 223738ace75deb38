/** What a registry did instead of answering, as a sentence for the user. */
export class RegistryFailure extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause });
    this.name = "RegistryFailure";
    this.status = status;
  }
}

const PATIENCE_MS = 15_000;
const MAX_BODY_CHARACTERS = 4 * 1024 * 1024;

/** Requests to a server that may be slow, silent or no registry at all: every one ends, and what goes wrong is a sentence. */
export class PatientHttp {
  readonly #name: string;
  readonly #patienceMs: number;

  /**
   * @param name what the user calls the server
   * @param patienceMs how long one answer may take to begin, and to end
   */
  constructor(name: string, patienceMs = PATIENCE_MS) {
    this.#name = name;
    this.#patienceMs = patienceMs;
  }

  /** Whatever its status. @throws RegistryFailure when there is no answer. */
  async send(url: string | URL, init: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(this.#patienceMs) });
    } catch (error) {
      throw this.#silence(error);
    }
  }

  /** @throws RegistryFailure when it is none, too long, or does not end. */
  async json(response: Response): Promise<unknown> {
    const text = await this.#text(response);
    try {
      return JSON.parse(text);
    } catch {
      throw this.rubbish("no JSON");
    }
  }

  rubbish(what: string): RegistryFailure {
    return new RegistryFailure(`${this.#name} is no registry: it answered with ${what}`);
  }

  /** What a status that is no success means. @param user whose credentials were sent */
  async refusal(response: Response, user: string | undefined): Promise<RegistryFailure> {
    return new RegistryFailure(await this.#refusalText(response, user), response.status);
  }

  async #refusalText(response: Response, user: string | undefined): Promise<string> {
    if (response.status === 401 || response.status === 403)
      return user === undefined
        ? `${this.#name} wants credentials`
        : `${this.#name} refuses the credentials of ${user}`;
    if (response.status === 429) {
      const after = response.headers.get("retry-after");
      return `${this.#name} gets too many requests${after === null ? "" : `; try again in ${after} s`}`;
    }
    const body = await this.#text(response).catch(() => "");
    const said = /"message"\s*:\s*"([^"]+)"/.exec(body)?.[1];
    return `${this.#name} answered with ${response.status}${said === undefined ? "" : `: ${said}`}`;
  }

  /** Not all of one that never ends. */
  async #text(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const bytes of response.body ?? []) {
        text += decoder.decode(bytes as Uint8Array, { stream: true });
        if (text.length > MAX_BODY_CHARACTERS) throw this.rubbish("too much");
      }
    } catch (error) {
      throw error instanceof RegistryFailure ? error : this.#silence(error);
    }
    return text;
  }

  #silence(error: unknown): RegistryFailure {
    const { name, message, cause } = error as Error;
    const reason = name === "TimeoutError" ? "it did not answer" : ((cause as Error | undefined)?.message ?? message);
    return new RegistryFailure(`${this.#name} cannot be reached: ${reason}`, undefined, error);
  }
}
