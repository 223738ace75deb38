/** What a user does in the editor, by what they see. */
import type { FrameLocator, Locator, Page } from "playwright-core";

export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Once the side bar can be used. */
  static async ready(page: Page): Promise<Workbench> {
    await page.locator('.activitybar .action-item:has(a[aria-label="Slipway"])').waitFor({ timeout: 60_000 });
    return new Workbench(page);
  }

  /** Only in a fresh profile: a click on the active icon hides the side bar. */
  async openSideBar(): Promise<void> {
    await this.page.locator('.activitybar .action-item:has(a[aria-label="Slipway"])').click();
  }

  /** A row of a tree by the beginning of what is read aloud. */
  row(name: string | RegExp): Locator {
    return this.page.getByRole("treeitem", { name }).first();
  }

  /** Unfolds a view by its title, unless it is open. */
  async openView(title: string): Promise<void> {
    const header = this.#header(title);
    if ((await header.getAttribute("aria-expanded")) === "false") await header.click();
  }

  /** Moves the upper edge of a view. @param pixels that it gains, from the one above */
  async enlargeView(title: string, pixels: number): Promise<void> {
    const { x, y } = (await this.#header(title).boundingBox()) ?? { x: 0, y: 0 };
    await this.page.mouse.move(x + 20, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + 20, y - pixels, { steps: 5 });
    await this.page.mouse.up();
  }

  async unfold(row: Locator): Promise<void> {
    await this.#twist(row, true);
  }

  async fold(row: Locator): Promise<void> {
    await this.#twist(row, false);
  }

  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input").first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await row.click();
    // A palette that is still closing takes the next one's key.
    await row.waitFor({ state: "hidden" });
  }

  /** Types into the box with this title, which a command opened. */
  async answer(title: string, text: string): Promise<void> {
    const box = this.page.locator(".quick-input-widget", {
      has: this.page.locator(".quick-input-title", { hasText: title }),
    });
    await box.waitFor();
    await box.locator(".quick-input-box input").fill(text);
    await box.locator(".quick-input-box input").press("Enter");
    await box.waitFor({ state: "hidden" });
  }

  /** By its address, or `auto`. */
  async chooseEngine(address: string): Promise<void> {
    await this.command("Choose Container Engine");
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: "Another address" }).first().click();
    await this.answer("Address of the Engine", address);
  }

  async menu(row: Locator, item: string): Promise<void> {
    const action = this.page.locator(".monaco-menu .action-item", { hasText: item }).first();
    const soon = (work: Promise<unknown>): Promise<boolean> =>
      work.then(
        () => true,
        () => false,
      );
    // A row that is drawn anew at this moment opens no menu, and one that was open is gone with it.
    do if (!(await action.isVisible())) await row.click({ button: "right" });
    while (!(await soon(action.click({ timeout: 1000 }))));
    // A menu takes no click in its first moments, lest the click that opened it choose something: it is still open then.
    while (!(await soon(action.waitFor({ state: "hidden", timeout: 500 }))))
      await soon(action.click({ timeout: 1000 }));
  }

  async inline(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.locator(`.action-label[aria-label^="${title}"]`).click();
  }

  async type(text: string): Promise<void> {
    await this.page.locator(".terminal-wrapper.active .xterm-helper-textarea").focus();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }

  /** The terminal that is seen shows this text. */
  terminal(text: string): Locator {
    return this.page.locator(".terminal-wrapper.active .xterm-rows > div", { hasText: text }).first();
  }

  get webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator(".notifications-center .notification-list-item", { hasText: text }).first();
  }

  /** Also one that the editor opened by itself: it does so when its panel is shown before an extension's terminal is in it. */
  async closeTerminals(): Promise<void> {
    await this.command("Terminal: Kill All Terminals");
    await this.page.locator(".terminal-wrapper.active .xterm").waitFor({ state: "detached" });
  }

  async closeEditors(): Promise<void> {
    await this.command("View: Close All Editors");
  }

  #header(title: string): Locator {
    return this.page.locator(`.pane-header[aria-label^="${title}"]`);
  }

  async #twist(row: Locator, open: boolean): Promise<void> {
    await row.locator(".monaco-tl-twistie").click();
    await row.and(this.page.locator(`[aria-expanded=${open}]`)).waitFor();
  }
}
