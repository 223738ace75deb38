import type { HistoryEntry, Image } from "../model/image.ts";

export type HistoryLine = HistoryEntry & {
  readonly id: string;
  readonly tags: readonly string[];
  readonly size: number;
};

/** An image's steps, newest first. Only the top one has an id of its own; a step's size is that of the layer it made. */
export function historyOf(
  image: Image,
  layerSizes: readonly number[],
  tags: readonly string[],
): readonly HistoryLine[] {
  let layer = 0;
  const lines = image.config.history.map((entry) => {
    const size = entry.emptyLayer === true ? 0 : (layerSizes[layer++] ?? 0);
    return { ...entry, id: "<missing>", tags: [] as readonly string[], size };
  });
  lines.reverse();
  const [top, ...below] = lines;
  return top === undefined ? [] : [{ ...top, id: image.id, tags }, ...below];
}
