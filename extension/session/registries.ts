import type { Memento, SecretStorage } from "vscode";
import type { SavedRegistry, SavedRepository } from "../model/saved-trees.ts";
import { canonicalRegistry, HUB, RegistryClient } from "./registry-client.ts";
import type { RegistryLogin } from "./registry-login.ts";

export interface RegistriesDeps {
  readonly state: Memento;
  readonly secrets: SecretStorage;
}

const KEY = "slipway.registries";
const secretKey = (address: string): string => `slipway.registry/${address}`;

/** A registry as it is kept; its password is in the secret storage. */
interface Stored {
  readonly address: string;
  readonly user?: string;
}

type Answer = Omit<SavedRegistry, "address" | "user">;

/** The registries that the user connected, and what they said. Nothing is asked before its row is unfolded. */
export class Registries {
  readonly #deps: RegistriesDeps;
  readonly #answers = new Map<string, Answer>();
  readonly #clients = new Map<string, RegistryClient>();
  /** By address, the repositories whose tags it is being asked for. */
  readonly #asked = new Map<string, Set<string>>();
  readonly #listeners = new Set<() => void>();

  constructor(deps: RegistriesDeps) {
    this.#deps = deps;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  list(): readonly SavedRegistry[] {
    return this.#stored().map(({ address, user }) => {
      const answer = this.#answers.get(address) ?? { repositories: [], problem: undefined, loading: true };
      return { address, user, ...answer };
    });
  }

  /** Keeps it once it has taken the credentials. @throws RegistryFailure */
  async connect(address: string, login: RegistryLogin | undefined): Promise<void> {
    const client = new RegistryClient(address, login);
    await client.check();
    this.#clients.set(address, client);
    this.#asked.delete(address);
    if (login === undefined) await this.#deps.secrets.delete(secretKey(address));
    else await this.#deps.secrets.store(secretKey(address), JSON.stringify(login));
    const others = this.#stored().filter((each) => each.address !== address);
    const entry = { address, ...(login === undefined ? {} : { user: login.username }) };
    await this.#deps.state.update(
      KEY,
      [...others, entry].sort((a, b) => a.address.localeCompare(b.address)),
    );
    await this.load(address);
  }

  async disconnect(address: string): Promise<void> {
    await this.#deps.state.update(
      KEY,
      this.#stored().filter((each) => each.address !== address),
    );
    await this.#deps.secrets.delete(secretKey(address));
    this.#answers.delete(address);
    this.#clients.delete(address);
    this.#asked.delete(address);
    this.#tell();
  }

  /** What is below a row is to be shown: asked for, unless it was already. */
  async want(address: string, repository?: string): Promise<void> {
    if (repository === undefined) {
      if (!this.#answers.has(address)) await this.load(address);
      return;
    }
    const known = this.#known(address, repository);
    if (known !== undefined && known.tags === undefined && known.problem === undefined)
      await this.#loadTags(address, repository);
  }

  /** What could not be had is asked for again. */
  async retry(address: string, repository?: string): Promise<void> {
    if (repository === undefined) {
      if (this.#answers.get(address)?.problem !== undefined) await this.load(address);
    } else if (this.#known(address, repository)?.problem !== undefined) await this.#loadTags(address, repository);
  }

  /** Asks for its repositories, and anew for the tags that were shown. What goes wrong becomes a row. */
  async load(address: string): Promise<void> {
    const before = this.#answers.get(address);
    if (before === undefined || before.problem !== undefined)
      this.#answer(address, { repositories: [], problem: undefined, loading: true });
    const answer = await this.#ask(address, (client) => client.repositories());
    if (answer === undefined) return;
    const { value: names = [], problem } = answer;
    const shown = new Map(this.#answers.get(address)?.repositories.map((each) => [each.name, each]));
    const repositories = names.map((name) => shown.get(name) ?? { name, tags: undefined, problem: undefined });
    this.#answer(address, { repositories, problem, loading: false });
    for (const each of repositories)
      if (each.tags !== undefined || each.problem !== undefined) await this.#loadTags(address, each.name);
  }

  async digest(address: string, repository: string, tag: string): Promise<string> {
    return await (await this.#client(address)).digest(repository, tag);
  }

  /** For a pull or push of this image; undefined leaves it to docker's config.json. */
  async credentialsFor(reference: string): Promise<RegistryLogin | undefined> {
    const host = hostOf(reference);
    const stored = this.#stored().find(({ address }) => address === host);
    return stored?.user === undefined ? undefined : await this.#login(stored.address);
  }

  /** Asks for its tags, unless it is asked already. */
  async #loadTags(address: string, repository: string): Promise<void> {
    const asked = this.#asked.get(address) ?? new Set();
    this.#asked.set(address, asked);
    if (asked.has(repository)) return;
    asked.add(repository);
    this.#replace(address, repository, ({ name, tags }) => ({ name, tags, problem: undefined }));
    const answer = await this.#ask(address, (client) => client.tags(repository));
    asked.delete(repository);
    if (answer === undefined) return;
    const { value: tags, problem } = answer;
    this.#replace(address, repository, ({ name }) => ({ name, tags, problem }));
  }

  /** @returns what it answered, or why it did not; undefined when it was disconnected, or connected anew, meanwhile. */
  async #ask<T>(
    address: string,
    question: (client: RegistryClient) => Promise<T>,
  ): Promise<{ readonly value?: T; readonly problem: string | undefined } | undefined> {
    let client: RegistryClient | undefined;
    const stands = (): boolean => this.#clients.get(address) === client;
    try {
      client = await this.#client(address);
      const value = await question(client);
      return stands() ? { value, problem: undefined } : undefined;
    } catch (error) {
      return stands() ? { problem: (error as Error).message } : undefined;
    }
  }

  async #client(address: string): Promise<RegistryClient> {
    const known = this.#clients.get(address);
    if (known !== undefined) return known;
    const login = await this.#login(address);
    // Who asked at the same time may have made it meanwhile.
    const client = this.#clients.get(address) ?? new RegistryClient(address, login);
    this.#clients.set(address, client);
    return client;
  }

  async #login(address: string): Promise<RegistryLogin | undefined> {
    const secret = await this.#deps.secrets.get(secretKey(address));
    return secret === undefined ? undefined : (JSON.parse(secret) as RegistryLogin);
  }

  #known(address: string, repository: string): SavedRepository | undefined {
    return this.#answers.get(address)?.repositories.find(({ name }) => name === repository);
  }

  #answer(address: string, answer: Answer): void {
    this.#answers.set(address, answer);
    this.#tell();
  }

  #replace(address: string, repository: string, change: (before: SavedRepository) => SavedRepository): void {
    const answer = this.#answers.get(address);
    if (answer === undefined) return;
    const repositories = answer.repositories.map((each) => (each.name === repository ? change(each) : each));
    this.#answer(address, { ...answer, repositories });
  }

  #stored(): readonly Stored[] {
    return this.#deps.state.get<readonly Stored[]>(KEY, []);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Where an image is from; a name without a host is Docker Hub's. */
function hostOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? canonicalRegistry(first) : HUB;
}
