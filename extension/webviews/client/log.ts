import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from "@vscode/webview-ui-toolkit";
import type { LineFilter } from "../../model/line-store.ts";
import type { FromPage, ToPage } from "../log-messages.ts";
import { element, host, type Box, type Field } from "./host.ts";
import { Rows } from "./rows.ts";

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeTextField(),
);

const { send, listen } = host<ToPage, FromPage>();
const scroller = element("scroller");
const follow = element<Box>("follow");
const rows = new Rows({
  scroller,
  space: element("space"),
  rows: element("rows"),
  ask: (from, to) => {
    if (asked === `${from}/${to}`) return;
    asked = `${from}/${to}`;
    send({ type: "rows", from, to });
  },
});
let asked = "";
let numbering = -1;
let found = -1;
/** Our own scrolling to the end is no wish of the user's to read elsewhere. */
let lastTop = 0;

listen((message) => {
  switch (message.type) {
    case "state": {
      const renumbered = message.renumbered !== numbering;
      numbering = message.renumbered;
      asked = "";
      rows.set(message.count, renumbered);
      if (follow.checked) rows.toEnd();
      element("status").textContent = message.status;
      element("numbers").textContent = numbersText(message.count, message.total);
      return;
    }
    case "rows":
      if (message.renumbered === numbering) rows.take(message.from, message.rows);
      return;
    case "found":
      found = message.index;
      element("find").classList.toggle("nothing", message.index < 0);
      if (message.index < 0) return;
      follow.checked = false;
      rows.reveal(message.index);
  }
});

function numbersText(count: number, total: number): string {
  return count === total ? total.toLocaleString() : `${count.toLocaleString()} / ${total.toLocaleString()}`;
}

function filter(): LineFilter {
  const seconds = Number(element<Field>("since").value);
  return {
    text: element<Field>("filter").value,
    stream: element<Field>("stream").value as LineFilter["stream"],
    since: seconds > 0 ? new Date(Date.now() - seconds * 1000).toISOString() : "",
  };
}

for (const id of ["filter", "stream", "since"])
  element(id).addEventListener(id === "filter" ? "input" : "change", () => send({ type: "filter", filter: filter() }));

element("find").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  send({
    type: "find",
    text: element<Field>("find").value,
    from: found < 0 ? rows.top - 1 : found,
    backwards: event.shiftKey,
  });
});

element<Box>("times").addEventListener("change", () => {
  rows.showTimes = element<Box>("times").checked;
  rows.redraw();
});

follow.addEventListener("change", () => {
  if (follow.checked) rows.toEnd();
});

scroller.addEventListener("scroll", () => {
  const atEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 4;
  if (scroller.scrollTop < lastTop && !atEnd) follow.checked = false;
  if (atEnd) follow.checked = true;
  lastTop = scroller.scrollTop;
  if (scroller.scrollTop === 0 && rows.count > 0) send({ type: "earlier" });
});

new ResizeObserver(() => {
  if (follow.checked) rows.toEnd();
}).observe(scroller);

scroller.addEventListener("keydown", (event) => {
  if (event.key === "End") rows.toEnd();
  if (event.key === "Home") {
    follow.checked = false;
    scroller.scrollTop = 0;
  }
});

for (const name of ["document", "save", "clear"] as const)
  element(name).addEventListener("click", () => send({ type: "action", name }));

window.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key !== "f") return;
  event.preventDefault();
  element("find").focus();
});

send({ type: "ready" });
