/** The tree of a Go text/template (pkg.go.dev/text/template), the part of it that docker's `--format` uses. */
export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "action"; readonly pipe: Pipe }
  | { readonly type: "if" | "with"; readonly pipe: Pipe; readonly body: Nodes; readonly otherwise: Nodes }
  | { readonly type: "range"; readonly pipe: Pipe; readonly body: Nodes; readonly otherwise: Nodes }
  | { readonly type: "break" | "continue" };

export type Nodes = readonly Node[];

/** `$a, $b := command | command` */
export interface Pipe {
  readonly variables: readonly string[];
  /** `:=` declares, `=` assigns. */
  readonly declares: boolean;
  readonly commands: readonly Command[];
  /** Source text, for messages. */
  readonly text: string;
}

/** An operand, or a function or method with its arguments. */
export type Command = readonly [Operand, ...Operand[]];

export type Operand =
  | { readonly type: "literal"; readonly value: string | number | boolean | null }
  | { readonly type: "dot" }
  | { readonly type: "field"; readonly of: Operand; readonly path: readonly string[] }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "pipe"; readonly pipe: Pipe };

/** A template that cannot be parsed or executed; the message follows docker's. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}
