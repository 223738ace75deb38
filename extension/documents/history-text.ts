import type { wire } from "../../sdk/index.ts";
import { sizeText } from "../model/sizes.ts";

/** The steps that made an image, newest first, as a table. */
export function historyText(items: readonly wire.ImageHistoryItem[]): string {
  const rows = items.map(({ Created, Size, CreatedBy, Comment, Tags }) => [
    new Date(Created * 1000).toISOString().slice(0, 19).replace("T", " "),
    sizeText(Size).padStart(9),
    [...(Tags ?? []).map((tag) => `[${tag}]`), CreatedBy.replace(/\s+/g, " ").trim(), Comment]
      .filter((text) => text !== "")
      .join("  "),
  ]);
  const total = items.reduce((sum, { Size }) => sum + Size, 0);
  const lines = [["CREATED            ", "     SIZE", "CREATED BY"], ...rows].map((row) => row.join("  "));
  return `${lines.join("\n")}\n\n${sizeText(total)}\n`;
}
