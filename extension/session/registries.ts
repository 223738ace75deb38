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

/** The registries that the user connected, and what they said. Nothing is asked before its row is unfolded. */
export class Registries {
  readonly #deps: RegistriesDeps;
  readonly #answers = new Map<string, Omit<SavedRegistry, "address" | "user">>();
  readonly #clients = new Map<string, RegistryClient>();
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
    this.#tell();
  }

  /** Asks for its repositories. What goes wrong becomes a row. */
  async load(address: string): Promise<void> {
    try {
      const names = await (await this.#client(address)).repositories();
      const repositories = names.map((name) => ({ name, tags: undefined, problem: undefined }));
      this.#answers.set(address, { repositories, problem: undefined, loading: false });
    } catch (error) {
      this.#answers.set(address, { repositories: [], problem: (error as Error).message, loading: false });
    }
    this.#tell();
  }

  async loadTags(address: string, repository: string): Promise<void> {
    let tags: readonly string[] | undefined;
    let problem: string | undefined;
    try {
      tags = await (await this.#client(address)).tags(repository);
    } catch (error) {
      problem = (error as Error).message;
    }
    const answer = this.#answers.get(address);
    if (answer === undefined) return;
    const replaced = (each: SavedRepository): SavedRepository =>
      each.name === repository ? { ...each, tags, problem } : each;
    this.#answers.set(address, { ...answer, repositories: answer.repositories.map(replaced) });
    this.#tell();
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

  async #client(address: string): Promise<RegistryClient> {
    const known = this.#clients.get(address);
    if (known !== undefined) return known;
    const client = new RegistryClient(address, await this.#login(address));
    this.#clients.set(address, client);
    return client;
  }

  async #login(address: string): Promise<RegistryLogin | undefined> {
    const secret = await this.#deps.secrets.get(secretKey(address));
    return secret === undefined ? undefined : (JSON.parse(secret) as RegistryLogin);
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
