/** screenshots.ts: pictures of every view, page and terminal, in light, dark and high contrast, into media/screenshots. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Engine } from "../../sdk/index.ts";
import { TestDaemon } from "../support/daemon.ts";
import { ROOT } from "../support/source-tree.ts";
import { Editor } from "./support/editor.ts";
import { MoodyRegistry } from "./support/moody-registry.ts";
import { Workbench } from "./support/workbench.ts";

/** Every view has its room. Pixels. */
const HEIGHT = 1120;
const FOLDER = join(ROOT, "media/screenshots");
const THEMES = { light: "Default Light Modern", dark: "Default Dark Modern", "high-contrast": "Default High Contrast" };

const COLOURS = `i=0; while [ $i -lt 40 ]; do i=$((i+1)); printf '\\033[32mGET\\033[0m /orders/%s \\033[36m200\\033[0m %sms\\n' $i $((i*7%40)); [ $((i%9)) = 0 ] && printf '\\033[33mslow query\\033[0m: orders by customer %s\\n' $i >&2; done; exec sleep 10000`;

const configurations = [
  {
    name: "shop",
    image: "busybox:latest",
    command: ["sh", "-c", "mkdir -p /www && echo ok > /www/index.html && exec httpd -f -p 80 -h /www"],
    ports: ["18080:80"],
    volumes: ["./src:/app:ro", "shop-data:/data"],
    env: { MODE: "development" },
    limits: { memory: "256m", cpus: 1.5 },
    restart: "unless-stopped",
    ready: { port: 80 },
  },
  { name: "worker", image: "busybox:latest", command: "sleep 1000", env: { QUEUE: "orders" } },
];

async function furnish(engine: Engine): Promise<void> {
  const project = (service: string) => ({
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": service,
  });
  await engine.networks.create({ name: "backend", subnets: [{ subnet: "172.31.7.0/24" }] });
  await engine.volumes.create({ name: "orders" });
  await engine.volumes.create({ name: "cache" });
  const common = { image: "busybox", stopTimeout: 0 };
  const make = [
    {
      ...common,
      name: "shop-api",
      labels: project("api"),
      command: ["sh", "-c", COLOURS],
      publish: [{ container: 80, host: 18081 }],
      network: "backend",
    },
    {
      ...common,
      name: "shop-db",
      labels: project("db"),
      command: ["sleep", "10000"],
      network: "backend",
      mounts: [{ type: "volume" as const, source: "orders", target: "/var/lib/data" }],
    },
    { ...common, name: "migrate", labels: project("migrate"), command: ["sh", "-c", "exit 1"] },
    { ...common, name: "playground", command: ["sleep", "10000"] },
  ];
  for (const options of make) await (await engine.containers.create(options)).start();
  await (await engine.containers.get("playground")).pause();
  for (const name of ["registry.example.com/shop/api:1.4", "registry.example.com/shop/api:1.3", "alpine:3.20"])
    await (await engine.images.get("busybox")).tag(name);
}

async function shoot(page: Page, theme: string, name: string): Promise<void> {
  // The pointer elsewhere: a hover that opens late covers what is to be seen.
  await page.mouse.move(1100, 20);
  // An edge that the pointer has left fades out.
  await page.locator(".monaco-sash.hover").first().waitFor({ state: "detached" });
  await page.evaluate(
    `Promise.allSettled(document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished))`,
  );
  await page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) });
}

async function pictures(editor: Editor, registry: MoodyRegistry, theme: string): Promise<void> {
  const page = await editor.open(HEIGHT);
  page.setDefaultTimeout(30_000);
  const bench = await Workbench.ready(page);
  await bench.openSideBar();
  await bench.row(/^shop-api/).waitFor();
  await bench.row(/^shop-api/).click();
  await page.keyboard.press("ArrowRight");
  await bench.row(/^18081/).waitFor();
  for (const view of ["Networks", "Volumes", "Registries"]) await bench.openView(view);
  await bench.row(/^orders/).waitFor();
  await bench.enlargeView("Run Configurations", -60);
  await bench.command("Slipway Registry: Connect Registry");
  await bench.answer("Connect Registry", registry.address);
  await bench.answer(`User of ${registry.address}`, "");
  await bench.unfold(bench.row(registry.address));
  await bench.unfold(bench.row("team/app"));
  await bench.row("1.0").waitFor();
  // Not the sign of a view that loads.
  await page.locator(".activitybar .badge-content", { hasText: "3" }).waitFor();
  await shoot(page, theme, "views");
  await bench.menu(bench.row(/^shop-api/), "Show Logs");
  await bench.webview.locator(".row", { hasText: "GET" }).first().waitFor();
  await shoot(page, theme, "log");
  await bench.menu(bench.row(/^shop-api/), "Attach Shell");
  await bench.terminal("#").waitFor();
  await bench.type("ls --color=always /");
  await bench.terminal("proc").waitFor();
  await shoot(page, theme, "shell");
  await bench.command("View: Toggle Panel Visibility");
  await bench.closeEditors();
  await bench.command("Slipway Run Configuration: Edit…");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "shop" }).first().click();
  await bench.webview.locator("#image").waitFor();
  await shoot(page, theme, "form");
  await bench.closeEditors();
  await bench.menu(bench.row(/^shop-api/), "Inspect");
  await page.locator(".monaco-editor", { hasText: "RestartCount" }).first().waitFor();
  await shoot(page, theme, "inspect");
  await page.context().close();
}

await mkdir(FOLDER, { recursive: true });
await using daemon = await TestDaemon.start();
await using engine = await Engine.connect({ host: `unix://${daemon.socket}` });
await using registry = await MoodyRegistry.start(daemon);
await furnish(engine);
const files = { ".vscode/slipway.json": JSON.stringify({ configurations }, undefined, 2), "src/index.js": "" };
for (const [theme, colours] of Object.entries(THEMES)) {
  const settings = { "workbench.colorTheme": colours };
  await using editor = await Editor.start({ daemon, files, settings });
  await pictures(editor, registry, theme);
  console.log(`pictures of ${theme}`);
}
// Last, with nothing there: what an empty state says.
await using nothing = await Editor.start({ daemon, env: { DOCKER_HOST: "unix:///nowhere/engine.sock" } });
const page = await nothing.open();
const bench = await Workbench.ready(page);
await bench.openSideBar();
await page.getByText("No container engine answers").first().waitFor();
await shoot(page, "light", "no-engine");
