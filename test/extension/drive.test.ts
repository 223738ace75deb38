/** The extension as a user sees it: driven with a browser, packed and installed, against a real daemon. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Engine } from "../../sdk/index.ts";
import { TestDaemon } from "../support/daemon.ts";
import { ROOT } from "../support/source-tree.ts";
import { Editor } from "./support/editor.ts";
import { MoodyRegistry } from "./support/moody-registry.ts";
import { StuckProxy } from "./support/stuck-proxy.ts";
import { SlowRegistry } from "./support/slow-registry.ts";
import { Workbench } from "./support/workbench.ts";

describe("extension in the workbench", function () {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let daemon: TestDaemon;
  let engine: Engine;
  let editor: Editor;
  let bench: Workbench;

  before(async function () {
    this.timeout(20 * 60_000);
    daemon = stack.use(await TestDaemon.start());
    engine = stack.use(await Engine.connect({ host: `unix://${daemon.socket}` }));
    const { makeVsix } = (await import(join(ROOT, ".ci/lib/vsix.mjs"))) as { makeVsix: (options: object) => string };
    const vsix = makeVsix({ folder: daemon.root });
    const settings = {
      "slipway.bundledEngine.dataRoot": join(daemon.root, "bundled"),
      "slipway.bundledEngine.socket": join(daemon.root, "bundled.sock"),
    };
    editor = stack.use(await Editor.start({ daemon, settings, vsix }));
    const page = await editor.open();
    page.setDefaultTimeout(30_000);
    bench = await Workbench.ready(page);
  });

  after(async () => await stack.disposeAsync());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    console.log(editor.extensionLog, await bench.page.locator(".sidebar").ariaSnapshot());
    const folder = process.env["SLIPWAY_TEST_SCREENSHOTS"];
    if (folder !== undefined)
      await bench.page.screenshot({ path: join(folder, `${this.currentTest.title.replace(/\W+/g, "-")}.png`) });
  });

  it("shows containers, and what happens to them without being asked", async () => {
    const web = await engine.containers.create({
      image: "busybox",
      name: "web",
      command: ["sleep", "1000"],
      stopTimeout: 0,
    });
    await bench.openSideBar();
    await bench.row(/^web, busybox, created/).waitFor();
    await web.start();
    await bench.row(/^web, busybox, running/).waitFor();
  });

  it("stops and starts from the row and from its menu", async () => {
    await bench.inline(bench.row(/^web,/), "Stop");
    await bench.row(/^web, busybox, exited/).waitFor();
    await bench.menu(bench.row(/^web,/), "Start");
    await bench.row(/^web, busybox, running/).waitFor();
  });

  it("attaches a shell that one can type into", async () => {
    await bench.menu(bench.row(/^web,/), "Attach Shell");
    await bench.page.locator(".terminal-wrapper.active .xterm").waitFor();
    await bench.terminal("#").waitFor();
    await bench.type("echo $((6 * 7))-answer");
    await bench.terminal("42-answer").waitFor();
    await bench.type("exit");
    await bench.page.locator(".terminal-wrapper.active .xterm").waitFor({ state: "detached" });
  });

  it("offers a shell again that a reload of the window closed", async () => {
    await bench.menu(bench.row(/^web,/), "Attach Shell");
    await bench.terminal("#").waitFor();
    await bench.page.reload();
    await Workbench.ready(bench.page);
    await bench.row(/^web, busybox, running/).waitFor();
    await bench.command("Notifications: Show Notifications");
    const offer = bench.notification(/were open when the window was closed/);
    await offer.getByRole("button", { name: "Reattach" }).click();
    const { id } = await engine.containers.get("web");
    await bench.terminal("#").waitFor();
    await bench.type("hostname");
    await bench.terminal(id.slice(0, 12)).waitFor();
    await bench.closeTerminals();
  });

  it("shows a log that follows a restart", async () => {
    const command = ["sh", "-c", 'echo "born $(date +%s%N)"; echo oops >&2; exec sleep 1000'];
    const chatty = await engine.containers.create({ image: "busybox", name: "chatty", command, stopTimeout: 0 });
    await chatty.start();
    await bench.row(/^chatty, busybox, running/).waitFor();
    await bench.menu(bench.row(/^chatty,/), "Show Logs");
    await bench.webview.locator(".row", { hasText: "born" }).first().waitFor();
    equal(await bench.webview.locator(".row.stderr").count(), 1);
    await chatty.restart();
    await bench.webview.locator(".row", { hasText: "born" }).nth(1).waitFor();
    await bench.webview.locator("#filter").locator("input").fill("oops");
    await bench.webview.locator("#numbers", { hasText: "2 / 4" }).waitFor();
    await bench.closeEditors();
    await chatty[Symbol.asyncDispose]();
  });

  it("makes a run configuration in the form, and starts it", async () => {
    await bench.command("Slipway Run Configuration: New Run Configuration");
    const field = (name: string, kind = "input") => bench.webview.locator(`#${name}`).locator(kind);
    await field("name").fill("site");
    await field("image").fill("busybox:latest");
    await field("command").fill("sh -c 'echo up; exec sleep 1000'");
    await field("ports", "textarea").fill("not a port");
    await bench.webview.locator("#start").click();
    await bench.webview.locator("#ports-problem", { hasText: "is no port" }).waitFor();
    await field("ports", "textarea").fill("18099:80");
    await field("readyLog").fill("^up$");
    await bench.webview.locator("#start").click();
    await bench.row(/^site, busybox:latest, running/).waitFor();
    const saved = JSON.parse(readFileSync(join(editor.workspace, ".vscode/slipway.json"), "utf8")) as {
      configurations: unknown[];
    };
    equal(saved.configurations.length, 1);
    await (await engine.containers.get("site"))[Symbol.asyncDispose]();
  });

  it("pulls with progress, and stops pulling when it is cancelled", async () => {
    await using registry = await SlowRegistry.start(daemon);
    await bench.command("Slipway Image: Pull Image");
    await bench.answer("Pull Image", `${registry.address}/slow/image:1`);
    // The editor's test mode shows no toasts.
    await bench.command("Notifications: Show Notifications");
    const pulling = bench.notification(/Pulling .*slow\/image:1: 0\/1, .* MB/);
    await pulling.waitFor();
    await pulling.getByRole("button", { name: "Cancel" }).click();
    await registry.abandoned;
    await pulling.waitFor({ state: "detached" });
    ok(!(await bench.notification(/is here/).isVisible()));
  });

  it("keeps its rows while the engine is away, and comes back by itself", async () => {
    await bench.row(/^web, busybox, running/).click();
    await bench.menu(bench.row(/^web,/), "Attach Shell");
    await bench.terminal("#").waitFor();
    await daemon.kill();
    await bench.page.getByText("The engine is away").first().waitFor();
    await bench.terminal("Press any key to close the terminal").waitFor();
    await bench.type("");
    await bench.page.locator(".terminal-wrapper.active .xterm").waitFor({ state: "detached" });
    await bench.row(/^web, busybox, running/).waitFor();
    await daemon.launch();
    await bench.page.getByText("The engine is away").first().waitFor({ state: "detached" });
    await (await engine.containers.get("web")).stop();
    await bench.row(/^web, busybox, exited/).waitFor();
    equal(await bench.row(/^web,/).getAttribute("aria-selected"), "true");
  });

  it("goes on with a log where it was when the engine is back, without a line lost or twice", async () => {
    const command = ["sh", "-c", "i=0; while echo line $i; do i=$((i + 1)); sleep 0.1; done"];
    const counter = await engine.containers.create({ image: "busybox", name: "counter", command, stopTimeout: 0 });
    await counter.start();
    await bench.menu(bench.row(/^counter,/), "Show Logs");
    await bench.webview.locator(".row", { hasText: "line 3" }).first().waitFor();
    await daemon.kill();
    await bench.webview.locator("#status", { hasText: "the engine is away" }).waitFor();
    await daemon.launch();
    await bench.webview.locator("#status", { hasText: "following" }).waitFor();
    await counter.stop();
    await bench.webview.locator("#status", { hasText: "ended with code" }).waitFor();
    const lines = (await counter.logs().text()).trim().split("\n");
    await bench.webview.locator("#numbers", { hasText: new RegExp(`^${lines.length}$`) }).waitFor();
    const seen = await bench.webview.locator(".row").allTextContents();
    deepEqual(seen, lines.slice(-seen.length));
    await bench.closeEditors();
    await counter[Symbol.asyncDispose]();
  });

  it("goes on while an inspect is never answered, says so, and shows it when the engine answers again", async () => {
    const web = await engine.containers.get("web");
    const asked = new RegExp(`^GET (?:/v[0-9.]+)?/containers/${web.id}/json`);
    await using proxy = await StuckProxy.start(join(daemon.root, "stuck.sock"), daemon.socket, asked);
    await bench.chooseEngine(`unix://${proxy.socket}`);
    await bench.row(/^web, busybox, exited/).waitFor();
    await bench.menu(bench.row(/^web,/), "Inspect");
    await proxy.asked;
    await web.start();
    await bench.row(/^web, busybox, running/).waitFor();
    await bench.menu(bench.row(/^web,/), "Stop");
    await bench.row(/^web, busybox, exited/).waitFor();
    await bench.page.getByText("The engine did not answer within 20 seconds.").first().waitFor();
    // Asked again, in vain; what happens later has it asked anew at once, not after another 20 seconds.
    await web.start();
    await bench.row(/^web, busybox, running/).waitFor();
    proxy.release();
    const released = performance.now();
    await web.stop({ timeout: 2 });
    await bench.page.locator(".editor-instance", { hasText: '"Status": "exited"' }).first().waitFor();
    ok(performance.now() - released < 10_000, `${Math.round(performance.now() - released)} ms`);
    await web.start();
    await bench.page.locator(".editor-instance", { hasText: '"Status": "running"' }).first().waitFor();
    await bench.closeEditors();
    await bench.chooseEngine("auto");
    await bench.row(/^web, busybox, running/).waitFor();
  });

  it("stays quick with 2,000 containers", async () => {
    const Image = "busybox";
    const names = Array.from({ length: 2000 }, (_, index) => `many-${String(index).padStart(4, "0")}`);
    const create = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop())
        await daemon.call("POST", `/containers/create?name=${name}`, {
          body: { Image, HostConfig: { NetworkMode: "none" } },
        });
    };
    await Promise.all(Array.from({ length: 8 }, create));
    await bench.row(/^many-0000/).waitFor();
    await bench.row(/^many-0000/).click();
    await bench.page.keyboard.press("End");
    await bench.row(/^web, busybox, running/).waitFor();
    const started = performance.now();
    await bench.menu(bench.row(/^web,/), "Stop");
    await bench.row(/^web, busybox, exited/).waitFor();
    ok(performance.now() - started < 5000, `${Math.round(performance.now() - started)} ms`);
    // All but this one are pruned.
    await daemon.call("POST", "/containers/web/start");
    await daemon.call("POST", "/containers/prune");
    await bench.row(/^many-/).waitFor({ state: "detached" });
    await bench.row(/^web, busybox, running/).waitFor();
  });

  it("shows images, networks and volumes with their users", async () => {
    await using volume = await engine.volumes.create({ name: "shared" });
    await using user = await engine.containers.create({
      image: "busybox",
      name: "user",
      mounts: [{ type: "volume", source: volume.name, target: "/data" }],
    });
    await bench.row(/^busybox, latest/).waitFor();
    await bench.openView("Networks");
    await bench.row(/^bridge, bridge/).waitFor();
    await bench.openView("Volumes");
    await bench.row(/^shared/).waitFor();
    ok(user.id !== "");
  });

  it("a registry that refuses, is busy or answers rubbish says so in its row, and is there again when it is well", async () => {
    await using registry = await MoodyRegistry.start(daemon);
    await bench.command("Slipway Registry: Connect Registry");
    await bench.answer("Connect Registry", registry.address);
    await bench.answer(`User of ${registry.address}`, "");
    await bench.openView("Registries");
    const row = bench.row(`${registry.address}, anonymous`);
    await row.waitFor();
    // What it said before is forgotten: as in a window that is opened anew.
    await bench.page.reload();
    await Workbench.ready(bench.page);
    await bench.openView("Registries");
    for (const [mood, text] of [
      ["unauthorized", "wants credentials"],
      ["busy", "gets too many requests; try again in 30 s"],
      ["rubbish", "is no registry: it answered with no JSON"],
    ] as const) {
      await registry.be(mood);
      await bench.unfold(row);
      await bench.row(`${registry.address} ${text}`).waitFor();
      // The rest of the window goes on.
      await (await engine.containers.get("web")).restart();
      await bench.row(/^web, busybox, running/).waitFor();
      await bench.fold(row);
    }
    await registry.be("well");
    await bench.unfold(row);
    await bench.row("team/app").waitFor();
    await registry.be("silent");
    await bench.unfold(bench.row("team/app"));
    await bench.row("Asking for its tags…").waitFor();
    await bench.row(`${registry.address} cannot be reached: it did not answer`).waitFor();
    await bench.fold(bench.row("team/app"));
    await registry.be("well");
    await bench.unfold(bench.row("team/app"));
    await bench.row("1.0").waitFor();
  });

  it("switches to the engine that it brings along, live", async () => {
    await bench.command("Slipway: Start Bundled Engine");
    await bench.page.getByText("There are no containers to show").waitFor();
    await using bundled = await Engine.connect({ host: `unix://${join(daemon.root, "bundled.sock")}` });
    equal((await bundled.images.list()).length, 0);
  });
});
