/** What a row stands for: what commands get, and what a row's menu depends on. */
export type Subject =
  | { readonly type: "container"; readonly id: string }
  | {
      readonly type: "port";
      readonly container: string;
      readonly port: number;
      readonly protocol: string;
      readonly url?: string;
    }
  | { readonly type: "mount"; readonly container: string; readonly source: string; readonly mount: string }
  | { readonly type: "image"; readonly id: string; readonly tag: string | undefined }
  | { readonly type: "network"; readonly id: string }
  | { readonly type: "volume"; readonly name: string }
  | { readonly type: "attachment"; readonly network: string; readonly container: string }
  | { readonly type: "registry"; readonly address: string }
  | { readonly type: "repository"; readonly address: string; readonly repository: string }
  | { readonly type: "tag"; readonly address: string; readonly repository: string; readonly tag: string }
  | { readonly type: "configuration"; readonly folder: string; readonly name: string }
  | { readonly type: "group"; readonly containers: readonly string[] }
  | { readonly type: "note" };

/** A codicon and a theme colour. */
export interface Icon {
  readonly name: string;
  readonly color?: string;
}

/**
 * A row of a tree, as plain data. The views keep one object for each id and write what is new into it: the editor knows rows by their
 * object, and keeps selection and expansion by their id.
 */
export interface TreeNode {
  readonly id: string;
  label: string;
  description: string;
  icon: Icon | undefined;
  /** Markdown. */
  tooltip: string;
  /** `container.running.published`: package.json's menus match on it. */
  context: string;
  subject: Subject;
  /** Read aloud in place of label and description. */
  spoken: string;
  /** Undefined for a row that has none; a row with children is closed at first unless `open`. */
  children: TreeNode[] | undefined;
  open: boolean;
  /** Command that a click runs, with the row as its argument. */
  command: string | undefined;
}

type Given = Pick<TreeNode, "id" | "label" | "subject"> & Partial<TreeNode>;

export function treeNode(given: Given): TreeNode {
  const description = given.description ?? "";
  return {
    description,
    icon: undefined,
    tooltip: "",
    context: given.subject.type,
    spoken: [given.label, description].filter((text) => text !== "").join(", "),
    children: undefined,
    open: false,
    command: undefined,
    ...given,
  };
}
