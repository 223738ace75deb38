import type { Command } from "../command.ts";

/** Lists everything anew. The engine's events make it unnecessary; who does not trust them has it. */
export const command: Command = {
  id: "slipway.views.refresh",
  async run(app) {
    await app.session.engine();
    app.mirror.refresh();
  },
};
