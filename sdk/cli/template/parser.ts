import { TemplateError, type Command, type Node, type Nodes, type Operand, type Pipe } from "./ast.ts";
import { tokenize, type Token } from "./lexer.ts";

/** @throws TemplateError with the place and the reason. `isFunction` knows the functions: an unknown one is an error here. */
export function parse(source: string, isFunction: (name: string) => boolean): Nodes {
  return new Parser(tokenize(source), isFunction).template();
}

type Stop = "end" | "else" | "eof";

class Parser {
  readonly #tokens: readonly Token[];
  readonly #isFunction: (name: string) => boolean;
  #at = 0;

  constructor(tokens: readonly Token[], isFunction: (name: string) => boolean) {
    this.#tokens = tokens;
    this.#isFunction = isFunction;
  }

  template(): Nodes {
    const { nodes, stop } = this.#nodes();
    if (stop !== "eof") throw new TemplateError(`template: :1: unexpected {{${stop}}}`);
    return nodes;
  }

  /** Nodes up to the end of the source, or to `{{end}}` or `{{else`, whose word is consumed. */
  #nodes(): { nodes: Node[]; stop: Stop } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#take();
      if (token === undefined) return { nodes, stop: "eof" };
      if (token.type === "text") {
        nodes.push(token);
        continue;
      }
      this.#skipSpace();
      const head = this.#peek();
      const keyword = head?.type === "word" ? head.text : "";
      if (keyword === "end" || keyword === "else") {
        this.#at++;
        if (keyword === "end") this.#close();
        return { nodes, stop: keyword };
      }
      nodes.push(this.#action(keyword));
    }
  }

  #action(keyword: string): Node {
    switch (keyword) {
      case "if":
      case "with":
      case "range":
        this.#at++;
        return this.#block(keyword);
      case "break":
      case "continue":
        this.#at++;
        this.#close();
        return { type: keyword };
      case "define":
      case "template":
      case "block":
        throw new TemplateError(`template: :1: {{${keyword}}} is not supported`);
      default: {
        const pipe = this.#pipe();
        this.#close();
        return { type: "action", pipe };
      }
    }
  }

  #block(type: "if" | "with" | "range"): Node {
    const pipe = this.#pipe();
    this.#close();
    const { nodes: body, stop } = this.#nodes();
    if (stop === "eof") throw new TemplateError("template: :1: unexpected EOF");
    return { type, pipe, body, otherwise: stop === "else" ? this.#otherwise() : [] };
  }

  /** After `{{else`: `}}`, or ` if …}}` and ` with …}}`, which share the one `{{end}}`. */
  #otherwise(): Nodes {
    this.#skipSpace();
    const token = this.#peek();
    if (token?.type === "word" && (token.text === "if" || token.text === "with")) {
      this.#at++;
      return [this.#block(token.text)];
    }
    this.#close();
    const { nodes, stop } = this.#nodes();
    if (stop !== "end") throw new TemplateError("template: :1: expected end; found {{else}}");
    return nodes;
  }

  #pipe(): Pipe {
    const start = this.#at;
    const { variables, declares } = this.#variables();
    const commands: Command[] = [];
    for (;;) {
      commands.push(this.#command());
      this.#skipSpace();
      if (this.#peek()?.type !== "pipe") break;
      this.#at++;
    }
    return { variables, declares, commands, text: textOf(this.#tokens.slice(start, this.#at)) };
  }

  /** `$x :=`, `$i, $x :=` or `$x =`, or nothing: a variable alone is an operand. */
  #variables(): { variables: string[]; declares: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (;;) {
      this.#skipSpace();
      const token = this.#take();
      if (token?.type !== "variable") break;
      variables.push(token.text);
      this.#skipSpace();
      const after = this.#take();
      if (after?.type === ":=" || after?.type === "=") return { variables, declares: after.type === ":=" };
      if (after?.type !== ",") break;
    }
    this.#at = start;
    return { variables: [], declares: false };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand === undefined) break;
      operands.push(operand);
      const after = this.#peek()?.type;
      if (after !== "space") break;
    }
    const [first, ...rest] = operands;
    if (first === undefined) throw new TemplateError("template: :1: missing value for command");
    return [first, ...rest];
  }

  #operand(): Operand | undefined {
    const base = this.#base();
    if (base === undefined) return undefined;
    const path: string[] = [];
    for (let token = this.#peek(); token?.type === "field"; token = this.#peek()) {
      path.push(token.text);
      this.#at++;
    }
    return path.length === 0 ? base : { type: "field", of: base, path };
  }

  #base(): Operand | undefined {
    const token = this.#peek();
    switch (token?.type) {
      case "field":
        return { type: "dot" };
      case "dot":
        this.#at++;
        return { type: "dot" };
      case "literal":
        this.#at++;
        return { type: "literal", value: token.value };
      case "variable":
        this.#at++;
        return { type: "variable", name: token.text };
      case "word":
        if (!this.#isFunction(token.text))
          throw new TemplateError(`template: :1: function "${token.text}" not defined`);
        this.#at++;
        return { type: "function", name: token.text };
      case "(": {
        this.#at++;
        const pipe = this.#pipe();
        this.#skipSpace();
        if (this.#take()?.type !== ")") throw new TemplateError("template: :1: unclosed left paren");
        return { type: "pipe", pipe };
      }
      default:
        return undefined;
    }
  }

  #close(): void {
    this.#skipSpace();
    const token = this.#take();
    if (token?.type !== "close") throw new TemplateError(`template: :1: unexpected ${describe(token)} in command`);
  }

  #skipSpace(): void {
    while (this.#peek()?.type === "space") this.#at++;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #take(): Token | undefined {
    return this.#tokens[this.#at++];
  }
}

function describe(token: Token | undefined): string {
  return token === undefined ? "EOF" : `<${textOf([token])}>`;
}

function textOf(tokens: readonly Token[]): string {
  const words = tokens.map((token) => {
    switch (token.type) {
      case "field":
        return `.${token.text}`;
      case "variable":
        return `$${token.text}`;
      case "word":
      case "text":
        return token.text;
      case "literal":
        return JSON.stringify(token.value);
      case "space":
        return " ";
      case "dot":
        return ".";
      case "pipe":
        return "|";
      case "open":
        return "{{";
      case "close":
        return "}}";
      default:
        return token.type;
    }
  });
  return words.join("").trim();
}
