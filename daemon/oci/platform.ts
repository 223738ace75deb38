import { EngineError } from "../base/errors.ts";

/** image-spec, image-index.md#platform; Go's names for both. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** Other spellings that users and images carry (containerd/platforms, database.go). */
const ARCHITECTURES: Readonly<Record<string, { readonly architecture: string; readonly variant?: string }>> = {
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  i386: { architecture: "386" },
  i686: { architecture: "386" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" },
};

const PART = /^[A-Za-z0-9_.-]+$/;

/** The platform in one spelling: `aarch64` is arm64; arm64/v8 and amd64/v1 are the plain architecture; arm is arm/v7. */
export function normalisePlatform(platform: Platform): Platform {
  const architecture = platform.architecture.toLowerCase();
  const known = Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined;
  const plain = known?.architecture ?? architecture;
  const variant = normaliseVariant(plain, platform.variant?.toLowerCase() || known?.variant);
  return {
    os: platform.os.toLowerCase(),
    architecture: plain,
    ...(variant === undefined ? {} : { variant }),
    ...(platform.osVersion === undefined ? {} : { osVersion: platform.osVersion }),
  };
}

function normaliseVariant(architecture: string, variant: string | undefined): string | undefined {
  if (architecture === "arm64") return variant === "8" || variant === "v8" ? undefined : variant;
  if (architecture === "amd64") return variant === "v1" ? undefined : variant;
  if (architecture !== "arm") return variant;
  if (variant === undefined) return "v7";
  return /^[5-8]$/.test(variant) ? `v${variant}` : variant;
}

/**
 * `linux/arm64`, `linux/arm/v7`, `arm64`, `linux`; what is not said is the host's.
 * @throws EngineError InvalidParameter.
 */
export function parsePlatform(text: string, host: Platform): Platform {
  const parts = text.split("/");
  if (parts.length > 3 || !parts.every((part) => PART.test(part))) {
    throw new EngineError(
      "InvalidParameter",
      `${JSON.stringify(text)} is an invalid platform: expected os, architecture or os/architecture[/variant]`,
    );
  }
  const [first = "", architecture, variant] = parts;
  if (architecture !== undefined) {
    return normalisePlatform({ os: first, architecture, ...(variant === undefined ? {} : { variant }) });
  }
  const isOs = ["linux", "windows", "darwin", "freebsd"].includes(first.toLowerCase());
  return isOs ? { ...host, os: first.toLowerCase() } : normalisePlatform({ os: host.os, architecture: first });
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant === undefined ? "" : `/${variant}`}`;
}

/** What a machine of `wanted` runs, best first: arm v8 runs v7, v6, v5; arm64 runs 32-bit arm; amd64/v3 runs v2, v1. */
export function runnable(wanted: Platform): readonly Platform[] {
  const { os, architecture, variant } = normalisePlatform(wanted);
  const level = Number(/^v(\d)$/.exec(variant ?? "")?.[1] ?? Number.NaN);
  const below = (name: string, from: number, to: number): Platform[] =>
    Array.from({ length: Math.max(from - to + 1, 0) }, (_, i) =>
      normalisePlatform({ os, architecture: name, variant: `v${from - i}` }),
    );
  if (architecture === "arm" && !Number.isNaN(level)) return below("arm", level, 5);
  if (architecture === "amd64") return below("amd64", Number.isNaN(level) ? 1 : level, 1);
  if (architecture === "arm64") {
    const exact = variant === undefined ? [] : [{ os, architecture, variant }];
    return [...exact, { os, architecture }, ...below("arm", 8, 5)];
  }
  return [{ os, architecture, ...(variant === undefined ? {} : { variant }) }];
}

/** The best of `candidates` for `wanted`, or undefined. Of two that are as good the first wins, as in Docker. */
export function choosePlatform<T>(
  candidates: readonly T[],
  platformOf: (candidate: T) => Platform | undefined,
  wanted: Platform,
): T | undefined {
  for (const each of runnable(wanted)) {
    const found = candidates.find((candidate) => {
      const platform = platformOf(candidate);
      return platform !== undefined && formatPlatform(normalisePlatform(platform)) === formatPlatform(each);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
