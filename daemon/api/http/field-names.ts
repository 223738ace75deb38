import type { TObject, TRecord, TSchema, TUnion, TArray, TIntersect } from "@sinclair/typebox";
import { KindGuard } from "@sinclair/typebox";

/** Gives the fields of a value their names in the schema. */
export type Rename = (value: unknown) => unknown;

const same: Rename = (value) => value;

/**
 * Go matches names of fields without regard to case, so a client may write `hostconfig` and be understood by dockerd. Here it
 * would be an unknown field, dropped in silence: it is renamed. An exact match goes first.
 */
export function namesOf(schema: TSchema): Rename {
  if (KindGuard.IsObject(schema)) return objectNames(schema);
  if (KindGuard.IsArray(schema)) return arrayNames(schema);
  if (KindGuard.IsRecord(schema)) return recordNames(schema);
  if (KindGuard.IsUnion(schema)) return unionNames(schema);
  if (KindGuard.IsIntersect(schema)) return intersectNames(schema);
  return same;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function objectNames(schema: TObject): Rename {
  const inner = new Map(Object.entries(schema.properties).map(([name, each]) => [name, namesOf(each)]));
  const exact = new Map([...inner.keys()].map((name) => [name.toLowerCase(), name]));
  return (value) => {
    if (!isObject(value)) return value;
    for (const [name, field] of Object.entries(value)) {
      const known = inner.has(name) ? name : exact.get(name.toLowerCase());
      if (known === undefined) continue;
      const renamed = inner.get(known)?.(field);
      if (known !== name) {
        delete value[name];
        if (known in value) continue;
      }
      value[known] = renamed;
    }
    return value;
  };
}

function arrayNames(schema: TArray): Rename {
  const inner = namesOf(schema.items);
  if (inner === same) return same;
  return (value) => (Array.isArray(value) ? value.map(inner) : value);
}

/** The keys of a map are data. */
function recordNames(schema: TRecord): Rename {
  const [values] = Object.values<TSchema>(schema.patternProperties);
  const inner = values === undefined ? same : namesOf(values);
  if (inner === same) return same;
  return (value) => {
    if (isObject(value)) for (const [key, each] of Object.entries(value)) value[key] = inner(each);
    return value;
  };
}

/** `T | null` and `list | word`: each variant leaves alone what is not of its form. */
function unionNames(schema: TUnion): Rename {
  return chain(schema.anyOf);
}

function intersectNames(schema: TIntersect): Rename {
  return chain(schema.allOf);
}

function chain(schemas: readonly TSchema[]): Rename {
  const inner = schemas.map(namesOf).filter((each) => each !== same);
  const [only] = inner;
  if (only === undefined) return same;
  return inner.length === 1 ? only : (value) => inner.reduce((renamed, each) => each(renamed), value);
}
