import { EngineError } from "../../base/errors.ts";
import { canonical, familiar, familiarName, parseReference } from "../../oci/reference.ts";
import { matchesLabels } from "../filters.ts";
import type { Image } from "../model/image.ts";
import type { Filters } from "../services.ts";
import { isPatternValid, matchesPattern } from "./path-match.ts";

export interface FilterContext {
  readonly resolve: (ref: string) => Image;
  /** Nanoseconds since the epoch. */
  readonly now: bigint;
}

/**
 * The test that Docker's image filters make together: dangling, label, before, since, until, reference.
 * @throws EngineError InvalidParameter for a bad value; NotFound for an image that before or since names.
 */
export function imageFilter(filters: Filters, context: FilterContext): (image: Image) => boolean {
  const tests = [
    danglingTest(filters.get("dangling")),
    labelTest(filters),
    orderTest(filters.get("before"), context, (image, other) => image < other),
    orderTest(filters.get("since"), context, (image, other) => image > other),
    untilTest(filters.get("until"), context.now),
    referenceTest(filters.get("reference")),
  ];
  return (image) => tests.every((test) => test(image));
}

type Test = (image: Image) => boolean;
const always: Test = () => true;

export function isDangling(image: Image): boolean {
  return image.tags.length === 0;
}

/** Of `dangling=…`: undefined when it is not asked for. @throws EngineError InvalidParameter. */
export function danglingValue(values: readonly string[] | undefined): boolean | undefined {
  const [value, ...more] = values ?? [];
  if (value === undefined) return undefined;
  if (more.length === 0 && /^(?:1|true|True|TRUE|t)$/.test(value)) return true;
  if (more.length === 0 && /^(?:0|false|False|FALSE|f)$/.test(value)) return false;
  throw new EngineError("InvalidParameter", `invalid filter 'dangling=[${(values ?? []).join(" ")}]'`);
}

function danglingTest(values: readonly string[] | undefined): Test {
  const wanted = danglingValue(values);
  return wanted === undefined ? always : (image) => isDangling(image) === wanted;
}

function labelTest(filters: Filters): Test {
  const wanted = filters.get("label") ?? [];
  const unwanted = filters.get("label!") ?? [];
  return ({ config }) =>
    matchesLabels(config.run.labels, wanted) && !unwanted.some((each) => matchesLabels(config.run.labels, [each]));
}

function orderTest(
  values: readonly string[] | undefined,
  context: FilterContext,
  holds: (image: bigint, other: bigint) => boolean,
): Test {
  if (values === undefined || values.length === 0) return always;
  const others = values.map((value) => createdNanos(context.resolve(value)));
  return (image) => others.every((other) => holds(createdNanos(image), other));
}

/** A moment (`2026-01-02T…`, seconds since the epoch) or an age (`24h`, `1h30m`). */
function untilTest(values: readonly string[] | undefined, now: bigint): Test {
  const [value, ...more] = values ?? [];
  if (value === undefined) return always;
  if (more.length > 0) throw new EngineError("InvalidParameter", "more than one until filter specified");
  const limit = parseMoment(value, now);
  return (image) => createdNanos(image) < limit;
}

const UNITS: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** @throws EngineError InvalidParameter. */
export function parseMoment(text: string, now: bigint): bigint {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)/g)];
  if (parts.length > 0 && parts.map(([all]) => all).join("") === text) {
    const age = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
    return now - BigInt(Math.round(age));
  }
  if (/^\d+(?:\.\d{1,9})?$/.test(text)) {
    const [seconds = "0", fraction = ""] = text.split(".");
    return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
  }
  const millis = Date.parse(text);
  if (Number.isNaN(millis))
    throw new EngineError("InvalidParameter", `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return BigInt(millis) * 1_000_000n;
}

function referenceTest(patterns: readonly string[] | undefined): Test {
  if (patterns === undefined || patterns.length === 0) return always;
  for (const pattern of patterns) {
    if (!isPatternValid(pattern)) throw new EngineError("InvalidParameter", "syntax error in pattern");
  }
  return ({ tags, digests }) =>
    [...tags, ...digests].some((name) => patterns.some((each) => referenceMatches(each, name)));
}

/** With only the names that a reference filter asks for: a list shows an image under no other, as Docker's. */
export function underNames(image: Image, patterns: readonly string[] | undefined): Image {
  if (patterns === undefined || patterns.length === 0) return image;
  const asked = (name: string): boolean => patterns.some((each) => referenceMatches(each, name));
  return { ...image, tags: image.tags.filter(asked), digests: image.digests.filter(asked) };
}

/** As distribution's FamiliarMatch: against the whole familiar reference, or its name alone. */
function referenceMatches(pattern: string, name: string): boolean {
  const reference = parseReference(name);
  return [familiar(reference), familiarName(reference), canonical(reference)].some((text) =>
    matchesPattern(pattern, text),
  );
}

/** Nanoseconds since the epoch; an image without a date is from the year 1, as Go's zero time. */
export function createdNanos(image: Image): bigint {
  const millis = Date.parse(image.config.created ?? "");
  if (Number.isNaN(millis)) return -62_135_596_800_000_000_000n;
  const fraction = /\.\d{3}(\d{0,6})/.exec(image.config.created ?? "")?.[1] ?? "";
  return BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}
