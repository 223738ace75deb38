import { readdirSync } from "node:fs";
import { join } from "node:path";
import { enforcesProjects, limitDirectory, projectOf } from "../linux/project-quota.ts";

/** Far from the small numbers that others begin with. */
const FIRST_PROJECT = 0x5117_0000;

/** Sizes of volumes, where the file system holds them: a project of its own for each volume that has one. */
export class VolumeQuotas {
  readonly #folder: string;
  readonly #available: boolean;

  /** @param folder of all volumes. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#available = enforcesProjects(folder);
  }

  get available(): boolean {
    return this.#available;
  }

  /** A volume's directory, which is empty yet. @param bytes 0 is no limit. */
  limit(name: string, bytes: number): void {
    if (bytes > 0) limitDirectory(join(this.#folder, name), this.#freeProject(), bytes);
  }

  /** The directories know theirs, so no record can be wrong about it. */
  #freeProject(): number {
    const taken = new Set(readdirSync(this.#folder).map((name) => projectOf(join(this.#folder, name))));
    let project = FIRST_PROJECT;
    while (taken.has(project)) project++;
    return project;
  }
}
