import type { Static, TSchema } from "@sinclair/typebox";
import { TypeCompiler, type TypeCheck, type ValueError } from "@sinclair/typebox/compiler";
import { EngineError, messageOf } from "../../base/errors.ts";
import { namesOf, type Rename } from "./field-names.ts";

interface Reader {
  readonly check: TypeCheck<TSchema>;
  readonly rename: Rename;
}

/** Reads JSON bodies. A schema is compiled when it is first met. */
export class JsonReader {
  readonly #readers = new WeakMap<TSchema, Reader>();

  /** @throws InvalidParameter: "invalid JSON: …", as Docker begins it. */
  read<S extends TSchema>(schema: S, bytes: Buffer, contentType: string | undefined): Static<S> {
    const value = bytes.length === 0 ? {} : parse(bytes, contentType);
    const { check, rename } = this.#readerOf(schema);
    const renamed = rename(value);
    if (check.Check(renamed)) return renamed;
    if (bytes.length === 0) throw invalid("invalid JSON: got EOF while reading request body");
    const first = deepest(check.Errors(renamed).First());
    throw invalid(`invalid JSON: ${fieldOf(first?.path ?? "")}: ${lowerFirst(first?.message ?? "unexpected value")}`);
  }

  #readerOf(schema: TSchema): Reader {
    const known = this.#readers.get(schema);
    if (known !== undefined) return known;
    const reader = { check: TypeCompiler.Compile(schema), rename: namesOf(schema) };
    this.#readers.set(schema, reader);
    return reader;
  }
}

function parse(bytes: Buffer, contentType: string | undefined): unknown {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw invalid(`unsupported Content-Type header (${contentType ?? ""}): must be 'application/json'`);
  }
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw invalid(`invalid JSON: ${lowerFirst(messageOf(error))}`, error);
  }
}

/** Of what a union could have been, the one that fits furthest: `T | null` is wrong where the T is. */
function deepest(error: ValueError | undefined): ValueError | undefined {
  const inner = (error?.errors ?? []).flatMap((each) => deepest(each.First()) ?? []);
  return (
    inner.reduce<ValueError | undefined>(
      (best, each) => (best === undefined || each.path.length > best.path.length ? each : best),
      undefined,
    ) ?? error
  );
}

/** `/HostConfig/Memory` is `HostConfig.Memory`. */
function fieldOf(path: string): string {
  const field = path.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  return field === "" ? "the body" : field;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError("InvalidParameter", message, { cause });
}
