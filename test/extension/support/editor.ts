/** A whole VS Code (code-server) in the network namespace of a daemon, and a browser that shows it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import type { TestDaemon } from "../../support/daemon.ts";
import { ROOT } from "../../support/source-tree.ts";

const EXTENSION = join(ROOT, "extension");
/** Debian's, or what else a machine has. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
/** Alone in its namespace. */
const PORT = 8377;
const CHROMIUM_FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const SETTINGS = {
  // Else the text of a terminal is not in the page.
  "terminal.integrated.gpuAcceleration": "off",
  // A window that is loaded anew would open a shell of its own beside ours.
  "terminal.integrated.hideOnStartup": "whenEmpty",
  "remote.autoForwardPorts": false,
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "chat.commandCenter.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

export interface EditorOptions {
  readonly daemon: TestDaemon;
  /** Added to the settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A .vsix to install, instead of the extension of the checkout. */
  readonly vsix?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the workspace, by their paths in it. */
  readonly files?: Readonly<Record<string, string>>;
}

export class Editor implements AsyncDisposable {
  /** The folder that is open in it. */
  readonly workspace: string;
  readonly scratch: string;
  readonly #options: EditorOptions;
  readonly #server: ChildProcess;
  readonly #browser: Browser;

  private constructor(scratch: string, options: EditorOptions, server: ChildProcess, browser: Browser) {
    this.scratch = scratch;
    this.workspace = join(scratch, "workspace");
    this.#options = options;
    this.#server = server;
    this.#browser = browser;
  }

  static async start(options: EditorOptions): Promise<Editor> {
    const { ensureCodeServer } = (await import(join(ROOT, ".ci/lib/code-server.mjs"))) as {
      ensureCodeServer: () => Promise<string>;
    };
    const entry = join(await ensureCodeServer(), "out/node/entry.js");
    const scratch = await mkdtemp(join(tmpdir(), "slipway-editor-"));
    await mkdir(join(scratch, "workspace"), { recursive: true });
    for (const [name, text] of Object.entries(options.files ?? {})) {
      await mkdir(dirname(join(scratch, "workspace", name)), { recursive: true });
      await writeFile(join(scratch, "workspace", name), text);
    }
    // Those of scope machine are read from the second alone, once the editor knows their scope.
    for (const folder of ["user/User", "user/Machine"]) {
      await mkdir(join(scratch, folder), { recursive: true });
      await writeFile(join(scratch, folder, "settings.json"), JSON.stringify({ ...SETTINGS, ...options.settings }));
    }
    await writeFile(join(scratch, "config.yaml"), "auth: none\n");
    const { daemon, vsix } = options;
    if (vsix !== undefined)
      await finished(serverProcess(daemon, entry, scratch, options, ["--install-extension", vsix]));
    const server = serverProcess(daemon, entry, scratch, options, [
      ...["--auth", "none", "--bind-addr", `127.0.0.1:${PORT}`, "--disable-telemetry", "--disable-update-check"],
      ...["--disable-workspace-trust", "--disable-getting-started-override", "--ignore-last-opened"],
      ...["--vscode-option", "enable-smoke-test-driver"],
    ]);
    await listening(server, join(scratch, "server.log"));
    const program = join(scratch, "chromium.sh");
    const found = BROWSERS.map((name) => `/usr/bin/${name}`).find((path) => existsSync(path));
    if (found === undefined) throw new Error(`there is no browser: ${BROWSERS.join(", ")}`);
    await writeFile(program, `#!/bin/sh\nexec nsenter --net=/run/netns/${daemon.netns} ${found} "$@"\n`);
    await chmod(program, 0o755);
    const browser = await chromium.launch({ executablePath: program, args: CHROMIUM_FLAGS });
    return new Editor(scratch, options, server, browser);
  }

  /** A page with the workspace. @param height pixels */
  async open(height = 800): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height } });
    const page = await context.newPage();
    return await this.show(page);
  }

  async show(page: Page, tests?: string): Promise<Page> {
    await page.goto(this.url(tests));
    return page;
  }

  url(tests?: string): string {
    const remote = (path: string): string => `vscode-remote://127.0.0.1:${PORT}${path}`;
    const payload = [
      ...(this.#options.vsix === undefined ? [["extensionDevelopmentPath", remote(EXTENSION)]] : []),
      ...(tests === undefined ? [] : [["extensionTestsPath", remote(tests)]]),
      ["skipWelcome", "true"],
      ["skipReleaseNotes", "true"],
    ];
    const query = new URLSearchParams({ folder: this.workspace, payload: JSON.stringify(payload) });
    return `http://127.0.0.1:${PORT}/?${query.toString()}`;
  }

  get log(): string {
    return readFileSync(join(this.scratch, "server.log"), "utf8");
  }

  /** What the extension itself wrote, in its output channel. */
  get extensionLog(): string {
    const logs = join(this.scratch, "user/logs");
    return readdirSync(logs, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith("Slipway.log"))
      .map((path) => readFileSync(join(logs, path), "utf8"))
      .join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    const ended = once(this.#server, "close");
    // Its process group: the extension host is a child of a child.
    if (this.#server.pid !== undefined) process.kill(-this.#server.pid, "SIGTERM");
    await ended;
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function serverProcess(
  daemon: TestDaemon,
  entry: string,
  scratch: string,
  options: EditorOptions,
  args: readonly string[],
): ChildProcess {
  const folders = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR"];
  const env: Record<string, string | undefined> = {
    ...process.env,
    ...Object.fromEntries(folders.map((name) => [name, scratch])),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    CS_DISABLE_PROXY: "1",
    SLIPWAY_HOST_RESULTS: join(scratch, "results.json"),
    ...daemon.env,
    ...options.env,
  };
  for (const name of ["VSCODE_IPC_HOOK_CLI", "PORT"]) delete env[name];
  const common = ["--config", join(scratch, "config.yaml"), "--user-data-dir", join(scratch, "user")];
  const folder = ["--extensions-dir", join(scratch, "extensions")];
  const child = spawn(
    "nsenter",
    [`--net=/run/netns/${daemon.netns}`, process.execPath, entry, ...common, ...folder, ...args],
    { env, stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  const log = createWriteStream(join(scratch, "server.log"), { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  return child;
}

async function finished(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`code-server ended with ${code}`);
}

async function listening(server: ChildProcess, log: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let said = "";
    server.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("HTTP server listening on")) resolve();
    });
    server.once("close", (code) => reject(new Error(`code-server ended with ${code}:\n${readFileSync(log, "utf8")}`)));
  });
}
