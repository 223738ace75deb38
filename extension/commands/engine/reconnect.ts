import type { Command } from "../command.ts";

export const command: Command = {
  id: "slipway.engine.reconnect",
  async run(app) {
    await app.session.restart();
    await app.session.engine();
  },
};
