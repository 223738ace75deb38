import { TemplateError, type Command, type Nodes, type Operand, type Pipe } from "./ast.ts";
import { FUNCTIONS } from "./functions.ts";
import { goText, isRecord, truth } from "./values.ts";

/** What a key that an object lacks gives: a value to go on with, or an error's text. */
export type MissingKey = (object: Readonly<Record<string, unknown>>, key: string) => { readonly error?: string };

class Scope {
  readonly #values = new Map<string, unknown>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  declare(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  assign(name: string, value: unknown): void {
    if (this.#values.has(name) || this.#parent === undefined) this.#values.set(name, value);
    else this.#parent.assign(name, value);
  }

  get(name: string): unknown {
    if (this.#values.has(name)) return this.#values.get(name);
    if (this.#parent === undefined) throw new TemplateError(`template: :1: undefined variable "$${name}"`);
    return this.#parent.get(name);
  }
}

/** Ends the body of a range, or one round of it. */
type Flow = "normal" | "break" | "continue";

/** Runs one template over one value. */
export class Evaluation {
  readonly #missing: MissingKey;
  readonly #out: string[] = [];

  constructor(missing: MissingKey) {
    this.#missing = missing;
  }

  run(nodes: Nodes, data: unknown): string {
    const scope = new Scope();
    scope.declare("", data);
    this.#nodes(nodes, data, scope);
    return this.#out.join("");
  }

  #nodes(nodes: Nodes, dot: unknown, scope: Scope): Flow {
    for (const node of nodes) {
      switch (node.type) {
        case "text":
          this.#out.push(node.text);
          break;
        case "action": {
          const value = this.#pipe(node.pipe, dot, scope);
          if (node.pipe.variables.length === 0) this.#out.push(goText(value));
          break;
        }
        case "break":
        case "continue":
          return node.type;
        case "range": {
          this.#range(node, dot, scope);
          break;
        }
        default: {
          const inner = new Scope(scope);
          const value = this.#pipe(node.pipe, dot, inner);
          const flow = truth(value)
            ? this.#nodes(node.body, node.type === "with" ? value : dot, inner)
            : this.#nodes(node.otherwise, dot, inner);
          if (flow !== "normal") return flow;
        }
      }
    }
    return "normal";
  }

  #range(node: { pipe: Pipe; body: Nodes; otherwise: Nodes }, dot: unknown, scope: Scope): void {
    const value = this.#commands(node.pipe, dot, scope);
    const pairs = pairsOf(value, node.pipe.text);
    if (pairs.length === 0) {
      this.#nodes(node.otherwise, dot, new Scope(scope));
      return;
    }
    const [first, second] = node.pipe.variables;
    for (const [key, item] of pairs) {
      const inner = new Scope(scope);
      if (second !== undefined) {
        inner.declare(first!, key);
        inner.declare(second, item);
      } else if (first !== undefined) inner.declare(first, item);
      if (this.#nodes(node.body, item, inner) === "break") return;
    }
  }

  #pipe(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    const value = this.#commands(pipe, dot, scope);
    const [name] = pipe.variables;
    if (name !== undefined) {
      if (pipe.declares) scope.declare(name, value);
      else scope.assign(name, value);
    }
    return value;
  }

  #commands(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    let value: unknown;
    pipe.commands.forEach((command, at) => {
      value = this.#command(command, at === 0 ? [] : [value], dot, scope, pipe.text);
    });
    return value;
  }

  #command([head, ...rest]: Command, piped: readonly unknown[], dot: unknown, scope: Scope, text: string): unknown {
    if (head.type === "function") {
      // Both stop at the first operand that decides (since Go 1.18), so `and .A .A.B` is safe for a nil A.
      if (head.name === "and" || head.name === "or") return this.#shortCut(head.name, rest, piped, dot, scope);
      const args = [...rest.map((operand) => this.#operand(operand, dot, scope)), ...piped];
      return call(head.name, args, text);
    }
    const value = this.#operand(head, dot, scope);
    if (typeof value === "function") {
      const args = [...rest.map((operand) => this.#operand(operand, dot, scope)), ...piped];
      return (value as (...args: readonly unknown[]) => unknown)(...args);
    }
    if (rest.length + piped.length > 0)
      throw new TemplateError(`template: :1: executing "" at <${text}>: can't give argument to non-function`);
    return value;
  }

  #shortCut(
    name: "and" | "or",
    operands: readonly Operand[],
    piped: readonly unknown[],
    dot: unknown,
    scope: Scope,
  ): unknown {
    let value: unknown;
    for (const operand of operands) {
      value = this.#operand(operand, dot, scope);
      if (truth(value) === (name === "or")) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  #operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.type) {
      case "literal":
        return operand.value;
      case "dot":
        return dot;
      case "variable":
        return scope.get(operand.name);
      case "pipe":
        return this.#pipe(operand.pipe, dot, scope);
      case "function":
        return call(operand.name, [], operand.name);
      case "field":
        return operand.path.reduce(
          (value, name) => this.#field(value, name, operand.path),
          this.#operand(operand.of, dot, scope),
        );
    }
  }

  #field(value: unknown, name: string, path: readonly string[]): unknown {
    const place = `template: :1: executing "" at <.${path.join(".")}>`;
    if (value === undefined || value === null)
      throw new TemplateError(`${place}: nil data; no entry for key "${name}"`);
    if (!isRecord(value))
      throw new TemplateError(
        `${place}: can't evaluate field ${name} in type ${Array.isArray(value) ? "[]interface {}" : typeof value}`,
      );
    if (Object.hasOwn(value, name)) return value[name];
    const { error } = this.#missing(value, name);
    if (error !== undefined) throw new TemplateError(`${place}: ${error}`);
    return undefined;
  }
}

function call(name: string, args: readonly unknown[], text: string): unknown {
  try {
    return FUNCTIONS.get(name)?.(...args);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TemplateError(`template: :1: executing "" at <${text}>: error calling ${name}: ${reason}`, { cause });
  }
}

/** Keys and values to range over: a map goes by its sorted keys, a number counts. */
function pairsOf(value: unknown, text: string): readonly (readonly [unknown, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item: unknown, at) => [at, item] as const);
  if (isRecord(value))
    return Object.keys(value)
      .sort()
      .map((key) => [key, value[key]] as const);
  if (typeof value === "number") return Array.from({ length: value }, (_, at) => [at, at] as const);
  throw new TemplateError(`template: :1: executing "" at <${text}>: range can't iterate over ${goText(value)}`);
}
