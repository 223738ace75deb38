import { credentialsFor, registryKey } from "../client/credentials.ts";
import type { ProgressMessage } from "../contract/index.ts";
import type { CommandContext, OutputStream } from "./context.ts";
import { showProgress } from "./output/progress.ts";
import { parseImageName } from "./reference.ts";

export interface PullOptions {
  readonly platform?: string;
  /** Every tag of the repository. */
  readonly allTags?: boolean;
  /** Where progress is shown; nowhere without it. */
  readonly progress?: OutputStream;
}

/** Pulls an image with the user's credentials. @throws CommandFailure with what went wrong on the way. */
export async function pullImage(context: CommandContext, image: string, options: PullOptions = {}): Promise<void> {
  const engine = await context.engine();
  const { repository, tag = "latest" } = parseImageName(image);
  const auth = await credentialsFor(registryKey(repository), await context.config(), {
    env: context.env,
    signal: context.signal,
  });
  const query = { fromImage: repository, tag: options.allTags ? undefined : tag, platform: options.platform };
  await followProgress(engine.images.pull(query, auth, context.signal), options.progress);
}

/** Reads progress to its end, shown or not: its errors count either way. */
export async function followProgress(
  steps: AsyncIterable<ProgressMessage>,
  out: OutputStream | undefined,
  onAux?: (aux: unknown) => void,
): Promise<void> {
  const silent = { write: () => true } as unknown as OutputStream;
  await showProgress(steps, out ?? silent, onAux);
}
