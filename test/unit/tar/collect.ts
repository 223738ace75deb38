import { type TarEntry } from "../../../daemon/oci/tar/entry.ts";
import { TarEntryParser } from "../../../daemon/oci/tar/entry-parser.ts";

export interface Collected {
  readonly entry: TarEntry;
  /** Bytes with where they belong. */
  readonly data: readonly (readonly [offset: number, bytes: string])[];
}

/** Everything that an archive holds. @param chunk bytes that are pushed at once. */
export function collect(archive: Buffer, chunk = archive.length): readonly Collected[] {
  const found: { entry: TarEntry; data: [number, string][] }[] = [];
  let open = false;
  const parser = new TarEntryParser({
    entry: (entry) => {
      if (open) throw new Error("an entry inside an entry");
      open = true;
      found.push({ entry, data: [] });
    },
    data: (bytes, offset) => {
      const data = found.at(-1)?.data ?? [];
      const last = data.at(-1);
      // What chunks cut apart is one stretch again.
      if (last !== undefined && last[0] + last[1].length === offset) last[1] += bytes.toString("latin1");
      else data.push([offset, bytes.toString("latin1")]);
    },
    end: () => {
      if (!open) throw new Error("an end without an entry");
      open = false;
    },
  });
  for (let at = 0; at < archive.length; at += chunk) parser.push(archive.subarray(at, at + chunk));
  parser.end();
  return found;
}
