const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes as the engine's own command prints them: powers of 1000, three digits. */
export function sizeText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]}`;
}

const FACTORS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Reads `512m` or `2g`, in powers of 1024 as limits are. Undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)b?$/i.exec(text.trim());
  const factor = FACTORS[match?.[2]?.toLowerCase() ?? "?"];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}
