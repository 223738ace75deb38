import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { window, type Terminal } from "vscode";
import type { Context } from "./context.ts";
import { activeTab, activeText } from "./editor-text.ts";

export function containerCases(given: () => Context): void {
  const subject = (id: string) => ({ type: "container", id }) as const;

  describe("containers", () => {
    const state = (id: string) => given().item(id)?.state;
    const becomes = (id: string, wanted: string) =>
      given().until(given().app.mirror.containers, () => state(id) === wanted);

    before(() => given().app.mirror.want("containers"));

    it("slipway.containers.stop and slipway.containers.start, several at once", async () => {
      await using a = await given().running();
      await using b = await given().running();
      await given().run("containers.stop", subject(a.id), subject(b.id));
      await Promise.all([becomes(a.id, "exited"), becomes(b.id, "exited")]);
      await given().run("containers.start", subject(a.id), subject(b.id));
      await Promise.all([becomes(a.id, "running"), becomes(b.id, "running")]);
    });

    it("slipway.containers.start asks for a container when it is called from the palette", async () => {
      await using container = await given().running({ name: "asked" });
      await container.stop();
      await becomes(container.id, "exited");
      given().ui.will({ pick: "asked" });
      await given().run("containers.start");
      await becomes(container.id, "running");
    });

    it("slipway.containers.restart gives it another process", async () => {
      await using container = await given().running();
      const { State: before } = await container.inspect();
      await given().run("containers.restart", subject(container.id));
      ok((await container.inspect()).State.StartedAt !== before.StartedAt);
    });

    it("slipway.containers.pause and slipway.containers.unpause", async () => {
      await using container = await given().running();
      await given().run("containers.pause", subject(container.id));
      await becomes(container.id, "paused");
      await given().run("containers.unpause", subject(container.id));
      await becomes(container.id, "running");
    });

    it("slipway.containers.kill sends the chosen signal", async () => {
      await using container = await given().running();
      given().ui.will({ pick: "SIGKILL" });
      await given().run("containers.kill", subject(container.id));
      await becomes(container.id, "exited");
      equal(given().item(container.id)?.exitCode, 137);
    });

    it("slipway.containers.rename shows the new name", async () => {
      await using container = await given().running();
      given().ui.will({ ask: "renamed" });
      await given().run("containers.rename", subject(container.id));
      await given().until(given().app.mirror.containers, () => given().item(container.id)?.name === "renamed");
    });

    it("slipway.containers.remove says what goes, and does nothing without a yes", async () => {
      const container = await given().running({ name: "victim" });
      given().ui.will({ confirm: false });
      await given().run("containers.remove", subject(container.id));
      match(given().ui.said[0] ?? "", /Remove victim\?\n.*\d+ B[^]*killed first: victim/);
      equal(state(container.id), "running");
      given().ui.will({ confirm: true });
      await given().run("containers.remove", subject(container.id));
      await given().until(given().app.mirror.containers, () => given().item(container.id) === undefined);
    });

    it("slipway.containers.prune removes what does not run", async () => {
      await using running = await given().running();
      const stopped = await given().running();
      await stopped.stop();
      await becomes(stopped.id, "exited");
      given().ui.will({ confirm: true });
      await given().run("containers.prune");
      await given().until(given().app.mirror.containers, () => given().item(stopped.id) === undefined);
      equal(state(running.id), "running");
    });

    it("slipway.containers.inspect opens a document that follows events", async () => {
      await using container = await given().running();
      await given().run("containers.inspect", subject(container.id));
      match(activeText(), /"Status": "running"/);
      const changed = documentSays(/"Status": "exited"/);
      await container.stop();
      await changed;
    });

    it("slipway.containers.logs follows the container through a restart", async () => {
      const command = ["sh", "-c", "echo one $$; trap exit TERM; sleep 1000 & wait"];
      await using container = await given().running({ command, stopTimeout: 1 });
      await given().run("containers.logs", subject(container.id));
      const { reader, panel } = given().app.logs.open(given().item(container.id)!);
      const count = async (wanted: number): Promise<void> => {
        while (reader.store.count < wanted) await new Promise((resolve) => setImmediate(resolve));
      };
      await count(1);
      await container.restart();
      await count(2);
      deepEqual(
        reader.store.rows(0, 2).map(({ text }) => text.slice(0, 3)),
        ["one", "one"],
      );
      panel.dispose();
    });

    it("slipway.containers.attachShell opens a terminal with the image's best shell", async () => {
      await using container = await given().running({ name: "shelled" });
      const opened = terminalOpened();
      await given().run("containers.attachShell", subject(container.id));
      const terminal = await opened;
      equal(terminal.name, "shelled");
      terminal.sendText("exec sleep 888");
      await processRuns(container, "sleep 888");
      terminal.dispose();
    });

    it("slipway.containers.attachShell takes a paste of 1 MB whole", async () => {
      await using container = await given().running();
      const { pty } = given().app.shells.options(given().item(container.id)!, { shell: "sh" });
      const typed = pty;
      let screen = "";
      const seen = (text: string): Promise<void> =>
        new Promise((resolve) => {
          const listener = typed.onDidWrite((more) => {
            screen += more;
            if (!screen.includes(text)) return;
            listener.dispose();
            screen = "";
            resolve();
          });
        });
      const prompt = seen("#");
      typed.open({ columns: 80, rows: 24 });
      await prompt;
      const ready = seen("ready");
      // What a terminal does to lines would else be what is measured.
      typed.handleInput?.("stty raw -echo; echo re''ady; head -c 1000000 | md5sum\r");
      await ready;
      const paste = "0123456789".repeat(100_000);
      const sum = seen(createHash("md5").update(paste).digest("hex"));
      typed.handleInput?.(paste);
      await sum;
      typed.close();
    });

    it("slipway.containers.attachShellAs takes user and directory, and remembers them", async () => {
      await using container = await given().running();
      given().ui.will({ pick: "sh" }, { ask: "www" }, { ask: "/tmp" });
      const opened = terminalOpened();
      await given().run("containers.attachShellAs", subject(container.id));
      const terminal = await opened;
      terminal.sendText("id -un > who; exec sleep 777");
      await processRuns(container, "sleep 777");
      const { stdout } = await (await container.exec(["cat", "/tmp/who"])).output();
      equal(stdout.trim(), "www");
      deepEqual(given().app.shells.remembered(given().item(container.id)!), {
        shell: "sh",
        user: "www",
        workingDir: "/tmp",
      });
      await given().app.shells.remember(given().item(container.id)!, {});
      terminal.dispose();
    });

    it("slipway.containers.reattachShells says when nothing was open", async () => {
      await given().run("containers.reattachShells");
      match(given().ui.said[0] ?? "", /No shell was open/);
    });

    it("slipway.containers.attachMain writes to the main process", async () => {
      await using container = await given().running({ command: ["sh"], stdin: true, tty: true });
      const opened = terminalOpened();
      await given().run("containers.attachMain", subject(container.id));
      (await opened).sendText("exit 7");
      await becomes(container.id, "exited");
      equal(given().item(container.id)?.exitCode, 7);
      (await opened).dispose();
    });

    it("slipway.containers.openInBrowser opens the published port", async () => {
      await using container = await given().running({ publish: [{ container: 80, host: 18080 }] });
      await given().run("containers.openInBrowser", subject(container.id));
      deepEqual(given().ui.browsed, ["http://localhost:18080"]);
    });

    it("slipway.containers.copyId copies all selected", async () => {
      await using a = await given().running();
      await using b = await given().running();
      await given().run("containers.copyId", subject(a.id), subject(b.id));
      deepEqual(given().ui.copied, [`${a.id}\n${b.id}`]);
    });

    it("slipway.containers.copyCommandLine copies the run that makes it", async () => {
      await using container = await given().running({
        name: "lined",
        env: { A: "b c" },
        publish: [{ container: 80, host: 18081 }],
      });
      await given().run("containers.copyCommandLine", subject(container.id));
      deepEqual(given().ui.copied, ["slipway run -d --name lined -e 'A=b c' -p 18081:80 busybox:latest sleep 1000"]);
    });

    it("slipway.containers.saveAsConfiguration opens the form with it", async () => {
      await using container = await given().running({ name: "saved" });
      await given().run("containers.saveAsConfiguration", subject(container.id));
      await activeTab(/New Run Configuration/);
    });

    it("an error shows the engine's own words", async () => {
      const container = await given().running({ name: "taken" });
      await using other = await given().running({ name: "free" });
      given().ui.will({ ask: "taken" });
      await given()
        .run("containers.rename", subject(other.id))
        .catch(() => undefined);
      match(given().ui.said.at(-1) ?? "", /name "\/taken" is already in use/);
      await container[Symbol.asyncDispose]();
    });
  });
}

function terminalOpened(): Promise<Terminal> {
  return new Promise((resolve) => {
    const listener = window.onDidOpenTerminal((terminal) => {
      listener.dispose();
      resolve(terminal);
    });
  });
}

/** A process that runs is seen by asking: the engine has no event for it. */
async function processRuns(container: { top(): Promise<{ Processes: string[][] }> }, words: string): Promise<void> {
  for (;;) {
    const { Processes } = await container.top();
    if (Processes.some((row) => row.at(-1)?.includes(words))) return;
  }
}

async function documentSays(pattern: RegExp): Promise<void> {
  const { workspace } = await import("vscode");
  await new Promise<void>((resolve) => {
    const listener = workspace.onDidChangeTextDocument(({ document }) => {
      if (!pattern.test(document.getText())) return;
      listener.dispose();
      resolve();
    });
  });
}
