/** Entry of the extension host: a case for every command of package.json. */
import { Context } from "./context.ts";
import { containerCases } from "./container-cases.ts";
import { configurationCases } from "./configuration-cases.ts";
import { engineCases } from "./engine-cases.ts";
import { imageCases } from "./image-cases.ts";
import { networkCases } from "./network-cases.ts";
import { registryCases } from "./registry-cases.ts";
import { runSuite } from "./run.ts";
import { taskCases } from "./task-cases.ts";
import { viewCases } from "./view-cases.ts";

export const run = runSuite(() => {
  let context: Context;
  const given = (): Context => context;
  before(async () => {
    context = await Context.activate();
  });
  beforeEach(() => void context.freshUi());
  afterEach(() => context.ui.checkAllAsked());
  engineCases(given);
  containerCases(given);
  imageCases(given);
  networkCases(given);
  registryCases(given);
  configurationCases(given);
  taskCases(given);
  viewCases(given);
});
